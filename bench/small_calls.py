"""What is asked for every message or request: microseconds a call, beside a dictionary look-up in the same run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import harness

from rhinecloud.access import Access, system
from rhinecloud.base.declare import Model
from rhinecloud.base.model import Instance
from rhinecloud.base.settings import Settings
from rhinecloud.connect import CodecHost, Connect, Device
from rhinecloud.connect.codec_host import Call
from rhinecloud.kit import packs

ROUNDS = 2000
MODEL = Model(kind for pack in packs() for kind in pack.types)


def best(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """µs of the quickest of ten runs, a call."""
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        for _ in range(rounds):
            call()
        times.append((time.perf_counter() - begun) / rounds * 1e6)
    return min(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "tenants" / "city").mkdir(parents=True)
        known = {f"k{n}": n for n in range(1000)}
        limit = best(lambda: known["k7"])
        calls: dict[str, tuple[Callable[[], object], int]] = {}
        with Access(Settings(data=data), model=MODEL) as access:
            secret, _ = access.tokens.new(system("bench"), "t", ["*"])
            who = access.bearer(secret)
            connect = Connect(data / "tenants", model=MODEL)
            device = connect.registry.add("city", Device(id="gauge"))
            kind = MODEL.terms["WeatherObserved"]
            check = connect.quality.checker((kind,), MODEL.terms["temperature"])
            old: Instance = {"type": "Property", "value": 8.0, "unitCode": "CEL", "observedAt": "2026-11-22T10:00:00Z"}
            new = old | {"value": 8.1, "observedAt": "2026-11-22T10:01:00Z"}
            host = CodecHost()
            uplink = Call("bench", "function Decoder(b) { return { v: b[0] }; }", "city/x", 1, b"\x07", None, {}, {})
            calls["policy_allow"] = (lambda: access.policy.allow(who, "entities.write", "city"), ROUNDS)
            calls["token_bearer"] = (lambda: access.bearer(secret), ROUNDS)
            calls["device_authenticate"] = (lambda: connect.registry.authenticate("city/gauge", device), ROUNDS)
            calls["quality_check"] = (lambda: check(old, dict(new), 1_795_341_660_000_000, 0), ROUNDS)
            calls["payload_codec"] = (lambda: host.answer(uplink), 200)
            for name, (call, rounds) in calls.items():
                took = best(call, rounds)
                harness.figure(name, took, "µs", ratio=took / limit, of="a dictionary look-up")
            host.close()
            connect.close()


if __name__ == "__main__":
    main()
