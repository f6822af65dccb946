"""Readings on which steps hang: the gauge itself, what is forecast for it, and whether it rises.

A step counts once the reading has reached its level. It also counts ahead of that: when a forecast reaches the level
within the step's time and the reading is near enough to believe it. It lets go a little lower than it took hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import playbooks
from rhinecloud.operations.declare import Seen, Watch
from rhinecloud.operations.tables import Shelf, Work

TREND_S: Final = 3600.0
"""Over which time a reading has to have risen."""
RISE: Final = 0.005
"""By how much at least, in its unit."""
KEPT: Final = 12
STALE_S: Final = 2 * 3600.0
"""An older reading or forecast says nothing any more."""
TOLD_US: Final = 60 * SECOND
"""What has not changed is written so often, so that a screen knows that it is looked at."""

Expand = Callable[[str], str]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the city knows of an attribute now."""

    value: float | None = None
    at_us: int = 0
    unit: str = ""
    ahead: tuple[tuple[float, float], ...] = ()  # (s from when it was made, value)
    ahead_at_us: int = 0


def reading(entity: Mapping[str, Any] | None, attr: str, expand: Expand) -> Reading:
    """An entity's attribute, with its forecast where there is one."""
    attrs = (entity or {}).get("attrs", {})
    told = next((i for i in attrs.get(expand(attr), ()) if _number(i.get("value"))), None)
    steps, made_us = _forecast(attrs.get(expand(f"{attr}Forecast"), ()))
    if told is None:
        return Reading(ahead=steps, ahead_at_us=made_us)
    return Reading(
        value=float(told["value"]),
        at_us=_time(told),
        unit=str(told.get("unitCode", "")),
        ahead=steps,
        ahead_at_us=made_us,
    )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(instance: Mapping[str, Any]) -> int:
    observed = instance.get("observedAt")
    return parse_us(observed) if observed else int(instance.get("_m", 0))


def _forecast(instances: Sequence[Mapping[str, Any]]) -> tuple[tuple[tuple[float, float], ...], int]:
    """Its steps by how far ahead they are: counted from one step before the first, whatever clock they are told in."""
    for instance in instances:
        value = instance.get("value")
        try:
            steps = [(parse_us(step["at"]), float(step["value"])) for step in value or ()]
        except (KeyError, TypeError, ValueError, BadRequestData):
            continue
        if len(steps) > 1:
            begins = 2 * steps[0][0] - steps[1][0]
            return tuple(((at - begins) / SECOND, value) for at, value in steps), _time(instance)
    return (), 0


def look(watch: Watch, now: Reading, before: Seen | None, now_us: int, pace: float = 1.0) -> Seen:
    """What a watch sees.

    Args:
        pace: how much faster than the clock the city lives, in a drill.
    """
    trace = before.trace if before else ()
    value = now.value if now.at_us > now_us - STALE_S * SECOND else None
    if value is not None and (not trace or now_us - trace[-1][0] >= TREND_S * SECOND / KEPT / pace):
        trace = (*trace, (now_us, value))[-KEPT - 1 :]
    expected = max((v for ahead_s, v in now.ahead if ahead_s <= watch.within_s), default=None)
    if now.ahead_at_us <= now_us - STALE_S * SECOND:
        expected = None
    rising = _rises(trace, value, expected, now_us, pace)
    return Seen(
        since_us=_since(watch, value, expected, rising, before, now_us),
        value=value,
        at_us=now.at_us,
        unit=now.unit,
        rising=rising,
        expected=expected,
        expected_at_us=now.ahead_at_us,
        looked_us=now_us,
        ever=before.ever if before else False,
        trace=trace,
    )


def _rises(
    trace: Sequence[tuple[int, float]], value: float | None, expected: float | None, now_us: int, pace: float
) -> bool:
    """By what was seen over the last hour; while that is not known yet, by the forecast."""
    older = [v for at, v in trace if TREND_S / 6 <= (now_us - at) * pace / SECOND <= 2 * TREND_S]
    if value is None:
        return False
    return value - older[0] > RISE if older else expected is not None and expected - value > RISE


def _since(
    watch: Watch, value: float | None, expected: float | None, rising: bool, before: Seen | None, now_us: int
) -> int | None:
    held = before.since_us if before else None
    if value is None:
        return held  # a gauge that falls silent changes nothing
    near = watch.near is None or value >= watch.near
    ahead = watch.within_s > 0 and expected is not None and expected >= watch.level and near
    if held is not None:
        return held if ahead or value >= watch.level - watch.back else None
    if (value >= watch.level or ahead) and (rising or not watch.rising):
        return now_us
    return None


def watched(asked: Work | Shelf) -> list[tuple[str, str, Watch, Seen | None]]:
    """(run, step, watch, what it saw last) of all runs that go on."""
    found = []
    for (run_id,) in asked.rows("SELECT id FROM run WHERE ended_us IS NULL"):
        run = playbooks.running(asked, run_id)
        found += [
            (run.id, s.step.id, s.step.watch, run.seen.get(s.step.id))
            for s in run.steps
            if s.step.watch is not None and s.state not in ("removed", "skipped")
        ]
    return found


def worth_telling(before: Seen | None, seen: Seen) -> bool:
    """Whether anybody would read anything else."""
    if before is None or (before.since_us is None) != (seen.since_us is None):
        return True
    said = [(s.value, s.expected, s.rising, s.trace) for s in (before, seen)]
    return said[0] != said[1] or seen.looked_us - before.looked_us >= TOLD_US
