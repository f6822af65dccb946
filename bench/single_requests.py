"""Single requests: GET of an entity, queries at three selectivities, PATCH from 64 clients; beside a bare ASGI app.

The bare app answers a body of the same size under the same uvicorn on the same core, in the same run.
"""

from __future__ import annotations

import argparse
import json

import harness

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--entities", type=int, default=ENTITIES)
    options = parser.parse_args()
    with harness.city() as city:
        fill(city, options.entities)
        base = f"http://127.0.0.1:{city.port}/ngsi-ld/v1/entities"
        path = "/urn:ngsi-ld:OffStreetParking:777"
        size = len(city.request("GET", "/ngsi-ld/v1/entities" + path)[1])
        with harness.bare_asgi(size) as port:
            bare = harness.wrk(f"http://127.0.0.1:{port}/", seconds=options.seconds).rate
        harness.figure("bare_asgi", bare, "requests/s")
        get = harness.wrk(base + path, seconds=options.seconds)
        harness.figure(
            "get_entity", get.rate, "requests/s", ratio=get.rate / bare, of="a bare ASGI app", target="≥ 0.35"
        )
        for share in (0.1, 5, 50):
            limit = max(1, round(PLACES * share / 100))
            for offset in (0, 40):
                condition = f"type=OffStreetParking&q=availableSpotNumber%3C{limit}"
                url = f"/ngsi-ld/v1/entities?{condition}&limit=20&offset={offset}"
                status, body = city.request("GET", url)
                found = len(json.loads(body)) if status == 200 else 0
                if found != 20:
                    raise SystemExit(f"the query answered {status} with {found} entities: {body[:300]!r}")
                load = harness.wrk(f"http://127.0.0.1:{city.port}{url}", seconds=options.seconds)
                name = f"query_{share:g}%_from_{offset}"
                harness.figure(
                    name, load.rate, "requests/s", ratio=load.rate / bare, of="a bare ASGI app", target="≥ 0.15"
                )
        patch = harness.wrk(base, connections=64, seconds=options.seconds, script=PATCH)
        harness.figure(
            "patch_64_clients",
            patch.rate,
            "requests/s",
            ratio=patch.rate / bare,
            of="a bare ASGI app",
            target="≥ 4,000/s",
        )
        harness.figure("patch_p99", patch.p99_ms, "ms")
        if get.errors or patch.errors:
            print(f"errors: GET {get.errors}, PATCH {patch.errors}")


if __name__ == "__main__":
    main()
