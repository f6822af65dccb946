"""Reading and rendering NGSI-LD, without HTTP and store: milliseconds for a batch, microseconds for a page.

    python bench/ngsi_ld_codec.py

Limits: a batch of 1,000 entities with 5 attributes is decoded, checked and expanded in 15 ms on one core, a page of 20
rendered in 150 µs. Prints each figure and its ratio to the limit; smaller is better.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import msgspec

from rhinecloud.context import CORE_URL, Vocabulary
from rhinecloud.sharing import Renderer, View
from rhinecloud.sharing.ngsi_ld.parse import Reader


def entity(number: int, form: str) -> dict[str, Any]:
    """A gauge with a place and four figures."""
    point = {"type": "Point", "coordinates": [6.7279, 51.4553]}
    at = f"2026-11-22T10:{number % 60:02d}:00Z"
    made: dict[str, Any] = {"id": f"urn:ngsi-ld:WaterObserved:{number}", "type": "WaterObserved"}
    if form == "simplified":
        return made | {"location": point} | {f"figure{n}": n * 1.5 + number for n in range(4)}
    made["location"] = {"type": "GeoProperty", "value": point}
    for n in range(4):
        made[f"figure{n}"] = {"type": "Property", "value": n * 1.5 + number, "unitCode": "MTR", "observedAt": at}
    return made


def best(work: Callable[[], Any], rounds: int = 30) -> float:
    """Seconds of the fastest round."""
    gc.collect()
    gc.disable()
    fastest = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
    gc.enable()
    return fastest


def say(what: str, seconds: float, limit_s: float) -> None:
    unit, factor = ("ms", 1e3) if limit_s >= 1e-3 else ("µs", 1e6)
    print(f"{what:<44} {seconds * factor:8.2f} {unit}   {seconds / limit_s:5.2f} of the limit")


def main() -> None:
    vocabulary = Vocabulary(CORE_URL)
    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
    for form in ("normalized", "simplified"):
        raw = encode([entity(number, form) for number in range(1000)])

        def read(raw: bytes = raw) -> list[Any]:
            reader = Reader(vocabulary)
            return [reader.entity(given) for given in decode(raw)]

        say(f"read 1,000 entities x 5 attributes, {form}", best(read), 0.015)
    page = [Reader(vocabulary).entity(entity(number, "normalized")) for number in range(20)]
    for kept in page:
        kept["_c"] = kept["_m"] = 1_763_805_600_000_000
        for instances in kept["attrs"].values():
            instances[0] |= {"_c": 1_763_805_600_000_000, "_m": 1_763_805_600_000_000, "_s": "device:gauge"}
    for name, view in (
        ("normalized", View()),
        ("concise", View(form="concise")),
        ("simplified", View(form="simplified")),
        ("GeoJSON", View(geo=True)),
        ("normalized with sysAttrs", View(sys_attrs=True)),
    ):

        def render(view: View = view) -> bytes:
            renderer = Renderer(view, vocabulary)
            return encode([renderer.entity(kept) for kept in page])

        say(f"render 20 entities as JSON, {name}", best(render, 300), 150e-6)


if __name__ == "__main__":
    main()
