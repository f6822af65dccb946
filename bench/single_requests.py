"""Single requests: GET of an entity, queries at three selectivities, PATCH from 64 clients; beside a bare ASGI app.

The bare app answers a body of the same size under the same uvicorn on the same core, in the same run. Beside each rate
stands the processor time of the serving process for a request: its ratio says the same as that of the rates, and hardly
depends on neighbours.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import harness
import psutil

ENTITIES = 100_000
PLACES = 1000  # value of availableSpotNumber runs over 0 … 999, evenly

PATCH = """
local n = 0
wrk.method = "PATCH"
wrk.headers["Content-Type"] = "application/json"
request = function()
  n = n + 1
  return wrk.format(nil, "/ngsi-ld/v1/entities/urn:ngsi-ld:OffStreetParking:" .. (n * 7919 % 100000) .. "/attrs",
    nil, '{"availableSpotNumber":{"type":"Property","value":' .. (n % 1000) .. '}}')
end
"""

OTHERS = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/ngsi-ld/v1/entities?type=OffStreetParking&q=availableSpotNumber%3C"
    .. (40 + n * 7919 % 20) .. "." .. n .. "&limit=20&offset=" .. (n * 31 % 60))
end
"""


def fill(city: harness.City, entities: int) -> None:
    for first in range(0, entities, 1000):
        batch = [
            {
                "id": f"urn:ngsi-ld:OffStreetParking:{n}",
                "type": "OffStreetParking",
                "name": {"type": "Property", "value": f"Parkhaus {n}"},
                "availableSpotNumber": {"type": "Property", "value": n * 7919 % PLACES},
                "totalSpotNumber": {"type": "Property", "value": PLACES},
                "location": {
                    "type": "GeoProperty",
                    "value": {"type": "Point", "coordinates": [6.7 + n % 317 / 3170, 51.35 + n % 211 / 1055]},
                },
            }
            for n in range(first, min(first + 1000, entities))
        ]
        status, body = city.request("POST", "/ngsi-ld/v1/entityOperations/create", batch)
        if status != 201:
            raise SystemExit(f"filling failed with {status}: {body[:300]!r}")


class Requests:
    """Loads the server at a port, and prints what came of it beside the bare app."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._bare: tuple[float, float] | None = None  # requests/s, µs of processor

    def __call__(self, name: str, port: int, path: str, target: str = "", **wrk: Any) -> harness.Load:
        server = next(c.pid for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == port)
        process = psutil.Process(server)
        before = process.cpu_times()
        load = harness.wrk(f"http://127.0.0.1:{port}{path}", seconds=self._seconds, **wrk)
        after = process.cpu_times()
        cpu_us = (after.user + after.system - before.user - before.system) / max(load.rate * self._seconds, 1) * 1e6
        rate, bare_us = self._bare = self._bare or (load.rate, cpu_us)
        harness.figure(name, load.rate, "requests/s", ratio=load.rate / rate, of="a bare ASGI app", target=target)
        harness.figure(f"{name}_cpu", cpu_us, "µs of processor", ratio=bare_us / cpu_us, of="a bare ASGI app")
        return load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--entities", type=int, default=ENTITIES)
    options = parser.parse_args()
    with harness.city() as city:
        fill(city, options.entities)
        requests = Requests(options.seconds)
        path = "/ngsi-ld/v1/entities/urn:ngsi-ld:OffStreetParking:777"
        size = len(city.request("GET", path)[1])
        with harness.bare_asgi(size) as port:
            requests("bare_asgi", port, "/")
        get = requests("get_entity", city.port, path, "≥ 0.35")
        for share in (0.1, 5, 50):
            limit = max(1, round(PLACES * share / 100))
            for offset in (0, 40):
                condition = f"type=OffStreetParking&q=availableSpotNumber%3C{limit}"
                url = f"/ngsi-ld/v1/entities?{condition}&limit=20&offset={offset}"
                status, body = city.request("GET", url)
                found = len(json.loads(body)) if status == 200 else 0
                if found != 20:
                    raise SystemExit(f"the query answered {status} with {found} entities: {body[:300]!r}")
                requests(f"query_{share:g}%_from_{offset}", city.port, url, "≥ 0.15")
        requests("query_never_asked_before", city.port, "/", script=OTHERS)
        patch = requests("patch_64_clients", city.port, "/", "≥ 4,000/s", connections=64, script=PATCH)
        harness.figure("patch_p99", patch.p99_ms, "ms")
        if get.errors or patch.errors:
            print(f"errors: GET {get.errors}, PATCH {patch.errors}")


if __name__ == "__main__":
    main()
