"""Memory of a city at rest: with one tenant, and with fifty that hold something and are left alone."""

from __future__ import annotations

import argparse
import time

import harness


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--settle", type=float, default=20, help="seconds to rest before reading")
    options = parser.parse_args()
    with harness.city() as city:
        city.request("POST", "/ngsi-ld/v1/entityOperations/upsert", harness.stations(1000, 0))
        city.request("GET", "/")
        time.sleep(options.settle)
        harness.figure("idle_memory", city.memory_mb(), "MB", target="< 250")
        for n in range(options.tenants):
            status, body = city.request(
                "POST", "/ngsi-ld/v1/entityOperations/upsert", harness.stations(100, 0), **{"NGSILD-Tenant": f"town{n}"}
            )
            if status not in (201, 204):
                raise SystemExit(f"tenant {n} answered {status}: {body[:300]!r}")
        time.sleep(options.settle)
        harness.figure(f"idle_memory_{options.tenants}_tenants", city.memory_mb(), "MB", target="< 500")


if __name__ == "__main__":
    main()
