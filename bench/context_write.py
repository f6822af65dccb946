"""The store alone: observations per second into the present, durable, in batches of 1,000 entities with five figures.

No HTTP, no decoding, no quality: what the write path itself costs, at several numbers of entities. One core is enough
for it (`taskset -c 0`). The ratio is the cost of an observation to that at the smallest number.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from rhinecloud.base.clock import iso
from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.model import Op, Outcome, Update
from rhinecloud.context import Presents

BATCH = 1000
LABEL = Label("Messwert", "figure")
FIGURES = (
    ("temperature", 5.0, 10.0, "CEL"),
    ("relativeHumidity", 0.4, 0.5, "C62"),
    ("atmosphericPressure", 990.0, 30.0, "A97"),
    ("windSpeed", 0.0, 12.0, "MTS"),
    ("precipitation", 0.0, 3.0, "MMT"),
)


def model(indexed: int) -> Model:
    """Weather stations with the first `indexed` figures queryable."""
    attributes = tuple(Attribute(name=f[0], label=LABEL, queryable=n < indexed) for n, f in enumerate(FIGURES))
    kind = EntityType(
        name="WeatherObserved",
        label=LABEL,
        plural=LABEL,
        subject="dataModel.Weather",
        icon="cloud",
        attributes=attributes,
    )
    return Model([kind])


def batch(declared: Model, first: int, tick: int) -> list[Update]:
    (kind,) = declared.types
    at = iso(1_763_805_600_000_000 + tick * 60_000_000)
    return [
        Update(
            op=Op.UPSERT_UPDATE,
            id=f"urn:ngsi-ld:WeatherObserved:{n}",
            entity={
                "type": [kind],
                "attrs": {
                    declared.terms[name]: [
                        {
                            "type": "Property",
                            "value": round(low + (n * 7 + tick * 3) % 97 / 97 * span, 2),
                            "unitCode": unit,
                            "observedAt": at,
                        }
                    ]
                    for name, low, span, unit in FIGURES
                },
            },
            source="token:bench",
        )
        for n in range(first, first + BATCH)
    ]


async def measure(entities: int, seconds: float, indexed: int) -> float:
    """Observations a second once `entities` are there; what history and relay would take away is taken away."""
    folder = Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    declared = model(indexed)
    presents = Presents(folder, model=declared)
    await presents.start()
    try:
        city = presents.create("city")
        spent, written = 0.0, 0
        firsts = range(0, entities, BATCH)
        for number in range(10**9):
            updates = batch(declared, firsts[number % len(firsts)], number // len(firsts))
            begun = time.perf_counter()
            results = await city.write(updates)
            if number >= len(firsts):
                spent += time.perf_counter() - begun
                written += BATCH * len(FIGURES)
                assert results[0].outcome is Outcome.CHANGED, results[0]
            if number % 20 == 0:
                city.outbox_done("history", number + 1)
                city.outbox_done("changes", number + 1)
            if spent > seconds:
                return written / spent
        raise AssertionError
    finally:
        await presents.stop()
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--indexed", type=int, default=1, help="how many of the five figures are queryable")
    options = parser.parse_args()
    first = 0.0
    for size in options.sizes:
        rate = asyncio.run(measure(size, options.seconds, options.indexed))
        first = first or rate
        cost = first / rate
        print(f"context_write_{size:<9} {rate:10,.0f} observations/s   {cost:.2f} of the cost at {options.sizes[0]:,}")


if __name__ == "__main__":
    main()
