"""The past of one attribute as a curve that a chart can draw: some thousand points at most, extremes kept."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND

POINTS: Final = 3_000
"""Beyond this many rows a curve is of equal steps: lowest, highest and mean of each."""
STEPS: Final = 480
_ROUND_S: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


class Curve(msgspec.Struct, kw_only=True, rename="camel"):
    """Columns for a chart; instants in ms."""

    step_s: int | None  # None: these are the values themselves
    ms: list[int]
    value: list[float | None]  # the value, or the step's mean
    low: list[float | None]  # of the step; empty where there are no steps
    high: list[float | None]
    flags: list[int]  # base.model.Flag; empty where there are steps
    received_ms: list[int]
    source: list[str]
    raw: list[str]


async def curve(history: Any, entity: str, attr: str, dataset: str, start_us: int, end_us: int) -> Curve:
    """The curve of [start, end)."""
    # One second longer, so that what was measured at this very moment is on it.
    found = await history.series(entity, attr, dataset=dataset, start_us=start_us, end_us=end_us + SECOND, limit=POINTS)
    if found.complete:
        return Curve(
            step_s=None,
            ms=[us // 1000 for us in found.at_us],
            value=list(found.number),
            low=[],
            high=[],
            flags=list(found.flags),
            received_ms=[us // 1000 for us in found.received_us],
            source=list(found.source),
            raw=list(found.raw),
        )
    wanted = (end_us - start_us) / SECOND / STEPS
    step_s = next((s for s in _ROUND_S if s >= wanted), _ROUND_S[-1])
    from_us = start_us - start_us % (step_s * SECOND)
    buckets = await history.aggregate(
        entity,
        attr,
        methods=("avg", "min", "max"),
        start_us=from_us,
        end_us=end_us + SECOND,
        period=f"PT{step_s}S",
        dataset=dataset,
    )
    return Curve(
        step_s=step_s,
        ms=[(b.from_us + b.to_us) // 2000 for b in buckets],
        value=[b.figures["avg"] for b in buckets],
        low=[b.figures["min"] for b in buckets],
        high=[b.figures["max"] for b in buckets],
        flags=[],
        received_ms=[],
        source=[],
        raw=[],
    )
