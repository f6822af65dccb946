"""Whether a rule holds of an entity, since when, and which observations say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from rhinecloud.base.clock import SECOND, iso, parse_us
from rhinecloud.base.model import IMPOSSIBLE, Entity, Instance

from .declare import Ahead, Evidence
from .standing import Standing, value_of
from .window import Difference


class Holding:
    """The conditions of rules; `listened` says how long we were there to hear (see `watch`)."""

    def __init__(self, listened: Callable[[int, int], int]) -> None:
        self._listened = listened

    def holds(self, rule: Standing, entity: Entity, difference: Difference | None, now: int) -> bool:
        """Whether everything that the rule asks is so; place and scope aside (`Standing.selects`).

        Args:
            difference: by how much the value changed, where it is as much as the rule says (`enough`).
        """
        if rule.matches is not None and not rule.matches(entity):
            return False
        if rule.change is not None and difference is None:
            return False
        if rule.ahead is not None and crossing(rule, entity, now) is None:
            return False
        if rule.silent_us:
            rest = self.silent_rest(rule, entity, now)
            return rest is not None and rest <= 0
        return True

    def lasts(self, rule: Standing, entity: Entity, difference: Difference | None, now: int) -> bool:
        """Whether a rule that held goes on: until `until_q` says otherwise, where it has one."""
        if rule.until is None:
            return self.holds(rule, entity, difference, now)
        return any(attr in entity["attrs"] for attr in rule.watched) and not rule.until(entity)

    def silent_rest(self, rule: Standing, entity: Entity, now: int) -> int | None:
        """µs until the attribute counts as silent; 0 or less: it does. None: it was never observed."""
        heard = _heard(entity, rule.attr)
        return None if heard is None else rule.silent_us - self._listened(heard, now)

    def since(self, rule: Standing, entity: Entity, at_us: int, now: int) -> int:
        """When it began: with the observation, or for silence with the last one there was."""
        if not rule.silent_us:
            return at_us
        observed = max((observed_us(i) for i in entity["attrs"].get(rule.attr, ())), default=0)
        return observed if 0 < observed <= now else _heard(entity, rule.attr) or at_us


def credible(rule: Standing, entity: Entity) -> bool:
    """Whether what the rule looks at can be so at all: an impossible value neither begins nor ends anything.

    Silence is another matter: whoever says nonsense is not silent.
    """
    return bool(rule.silent_us) or sound(entity, rule.watched)


def sound(entity: Entity, attrs: Iterable[str]) -> bool:
    """Whether none of these attributes has an impossible value."""
    there = entity["attrs"]
    return not any(i.get("_f", 0) & IMPOSSIBLE for attr in attrs if attr in there for i in there[attr])


def _heard(entity: Entity, attr: str) -> int | None:
    return max((i.get("_m", 0) for i in entity["attrs"].get(attr, ())), default=None)


def observed_us(instance: Instance) -> int:
    """When an instance was observed, or else written."""
    text = instance.get("observedAt")
    return parse_us(text) if text else int(instance.get("_m", 0))


def newest(entity: Entity, attrs: Iterable[str], now: int) -> int:
    """When the newest of these attributes was observed, not later than now."""
    found = [observed_us(i) for attr in attrs for i in entity["attrs"].get(attr, ())]
    return min(max(found, default=now), now)


def enough(rule: Standing, difference: Difference | None) -> Difference | None:
    """By how much the value rose or fell, where it is as much as the rule says."""
    if difference is None:
        return None
    return difference if (difference.by > rule.step if rule.stretch[1] else difference.by < rule.step) else None


def crossing(rule: Standing, entity: Entity, now: int) -> tuple[Instance, int, float] | None:
    """(the forecast, when, which value) where the attribute is first told to cross the limit in time."""
    ahead = rule.ahead
    if ahead is None:
        return None
    until = now + round(ahead.within_s * SECOND)
    for instance in entity["attrs"].get(rule.foretold, ()):
        for at_us, value in _steps(value_of(instance)):
            if now <= at_us <= until and _crosses(ahead, value):
                return instance, at_us, value
    return None


def _crosses(ahead: Ahead, value: float) -> bool:
    return (ahead.above is not None and value > ahead.above) or (ahead.below is not None and value < ahead.below)


def _steps(value: Any) -> Iterator[tuple[int, float]]:
    """The steps of a forecast: objects with at_us (or an instant as text) and value, or lists that begin so."""
    for step in value if isinstance(value, list) else ():
        if isinstance(step, dict):
            at, number = step.get("at_us") or step.get("at") or step.get("observedAt"), step.get("value")
        elif isinstance(step, list) and len(step) >= 2:
            at, number = step[0], step[1]
        else:
            continue
        if isinstance(at, str):
            at = parse_us(at)
        if isinstance(at, int) and isinstance(number, int | float) and not isinstance(number, bool):
            yield at, float(number)


def observation(entity: Entity, attr: str) -> Evidence | None:
    """The present observation of an attribute; of several datasets the default one."""
    instances = entity["attrs"].get(attr)
    if not instances:
        return None
    return evidence(entity["id"], attr, next((i for i in instances if not i.get("datasetId")), instances[0]))


def evidence(entity_id: str, attr: str, instance: Instance) -> Evidence:
    """An attribute instance as evidence."""
    text = instance.get("observedAt")
    return Evidence(
        entity=entity_id,
        attr=attr,
        dataset=instance.get("datasetId") or "",
        value=value_of(instance),
        unit=instance.get("unitCode") or "",
        observed_us=parse_us(text) if text else None,
        received_us=instance.get("_m", 0),
        flags=instance.get("_f", 0),
        source=instance.get("_s", ""),
        raw=instance.get("_r", ""),
    )


def evidence_of(rule: Standing, entity: Entity, difference: Difference | None, now: int) -> list[Evidence]:
    """The observations that a rule looks at in an entity; before them the one that a rate of change counts from."""
    found = [
        evidence(entity["id"], attr, instance) for attr in rule.shown for instance in entity["attrs"].get(attr, ())
    ]
    if rule.ahead is not None and (told := crossing(rule, entity, now)) is not None:
        forecast, at_us, value = told
        made = evidence(entity["id"], rule.foretold, forecast)
        made = msgspec.structs.replace(made, value={"at": iso(at_us), "value": value})
        found = [e for e in found if e.attr != made.attr] + [made]
    if rule.change is not None and difference is not None:
        start = Evidence(
            entity=entity["id"],
            attr=rule.change.attr,
            value=round(difference.start, 6),
            observed_us=difference.since_us,
        )
        found.insert(0, start)
    return found[:20]
