"""Cost of an observation as the city grows: from 1,000 to 1,000,000 entities, through HTTP batches.

The figure that counts is how many times dearer an observation has become at the largest size; the aim is less than two.
"""

from __future__ import annotations

import argparse

import harness
from http_batches import BATCH, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    harness.pin_load()
    first_cost = 0.0
    with harness.city() as city:
        filled = 0
        for size in options.sizes:
            for first in range(filled, size, BATCH):
                status, body = city.request(
                    "POST",
                    "/ngsi-ld/v1/entityOperations/upsert?options=update",
                    harness.stations(BATCH, measure.tick, first),  # type: ignore[attr-defined]
                )
                if status not in (201, 204):
                    raise SystemExit(f"filling failed with {status}: {body[:300]!r}")
            filled = size
            measure.tick += 1  # type: ignore[attr-defined]
            measure(city, size, options.seconds, clients=1)
            cost = measure.cpu_us  # type: ignore[attr-defined]  # processor time: the clock would see the neighbours too
            first_cost = first_cost or cost
            harness.figure(
                f"cost_at_{size}",
                cost,
                "µs/observation",
                ratio=cost / first_cost,
                of="the cost at the smallest",
                target="< 2",
            )


if __name__ == "__main__":
    main()
