"""Quality: each written observation against the model. Flags say what is odd; values stay as they came.

A check is compiled once for (types, attribute) and takes about a microsecond. What it has to remember between two
observations it keeps in the attribute instance, in members of our own: `_o` when it was observed (µs), `_u` since
when it has not changed (µs), `_p` the last plausible [value, µs] while implausible ones come in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rhinecloud.base import geo, units
from rhinecloud.base.clock import SECOND, Clock, now_us, parse_us
from rhinecloud.base.declare import Attribute, Model
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import Flag, Instance

Check = Callable[[Instance | None, Instance, int | None, int], int]
"""(the instance before, the new one, observed µs or None, received µs) → flags."""

FUTURE_US: Final = 60 * SECOND
"""Clocks differ; a minute ahead is forgiven."""
LATE_US: Final = 3600 * SECOND
"""Late, where no interval is declared; else three intervals, at least five minutes."""
_UNKNOWN: Final = int(Flag.UNKNOWN)
_TYPE: Final = int(Flag.TYPE)
_RANGE: Final = int(Flag.RANGE)
_STUCK: Final = int(Flag.STUCK)
_JUMP: Final = int(Flag.JUMP)
_LATE: Final = int(Flag.LATE)
_DUPLICATE: Final = int(Flag.DUPLICATE)
_FUTURE: Final = int(Flag.FUTURE)
_VALUE: Final = {
    "Relationship": "object",
    "LanguageProperty": "languageMap",
    "VocabProperty": "vocab",
    "JsonProperty": "json",
    "ListProperty": "valueList",
    "ListRelationship": "objectList",
}


MOST_KINDS: Final = 2_000  # sets of types, and
MOST_ATTRS: Final = 500  # attributes of each, whose checks are kept: names come from outside


class _Checks(dict[str, Check]):
    """Compiles a check when it is first asked for; a dict, since it is asked for each observation."""

    def __init__(self, compiled: Callable[[str], Check]) -> None:
        super().__init__()
        self._compiled = compiled

    def __missing__(self, attr: str) -> Check:
        check = self._compiled(attr)
        if len(self) < MOST_ATTRS:
            self[attr] = check
        return check


class Quality:
    """Gives the checks of a model. Packs switched on or off make another model, and so another Quality."""

    def __init__(self, model: Model, clock: Clock = now_us) -> None:
        self._model, self._clock = model, clock
        self._checks: dict[tuple[str, ...], _Checks] = {}

    def checker(self, types: tuple[str, ...], attr: str) -> Check:
        """The check of an attribute (expanded name) of an entity of these types; the first that declares it decides."""
        return self.checks(types)[attr]

    def checks(self, types: tuple[str, ...]) -> Mapping[str, Check]:
        """The checks of all attributes that entities of these types may have, by expanded name."""
        checks = self._checks.get(types)
        if checks is None:
            checks = _Checks(lambda attr: self._compile(types, attr))
            if len(self._checks) < MOST_KINDS:
                self._checks[types] = checks
        return checks

    def _compile(self, types: tuple[str, ...], attr: str) -> Check:
        for kind in types:
            declared = self._model.attribute(kind, attr)
            if declared is not None:
                interval_s = self._model.types[kind].interval_s
                late_us = max(round(3 * interval_s * SECOND), 300 * SECOND) if interval_s else LATE_US
                numeric = declared.kind in ("number", "integer")
                return _number_check(declared, late_us, interval_s) if numeric else _other_check(declared, late_us)
        return _unknown_check


def _timing(old: Instance | None, observed: int | None, received: int, late_us: int, same: bool) -> int:
    """LATE, FUTURE, DUPLICATE."""
    if observed is None:
        return 0
    age = received - observed
    flags = _LATE if age > late_us else _FUTURE if age < -FUTURE_US else 0
    if same and old is not None and _observed(old) == observed:
        flags |= _DUPLICATE
    return flags


def _observed(instance: Instance) -> int | None:
    known: int | None = instance.get("_o")
    if known is not None:
        return known
    text = instance.get("observedAt")
    try:
        return parse_us(text) if text else None
    except ValueError:
        return None


_MOST: Final = 10**300  # an integer beyond it fits in no float: nothing can be computed with it


def _is_number(value: Any) -> bool:
    return type(value) in (float, int) and -_MOST <= value <= _MOST


def _value(instance: Instance) -> Any:
    return instance.get(_VALUE.get(instance["type"], "value"))


def _unknown_check(old: Instance | None, new: Instance, observed: int | None, received: int) -> int:
    same = old is not None and _value(old) == _value(new)
    return _UNKNOWN | _timing(old, observed, received, LATE_US, same)


def _number_check(declared: Attribute, late_us: int, interval_s: float | None) -> Check:
    """Range, jump and stuck in the declared unit."""
    low = declared.minimum if declared.minimum is not None else float("-inf")
    high = declared.maximum if declared.maximum is not None else float("inf")
    whole, unit = declared.kind == "integer", declared.unit
    watched = declared.max_rate is not None or declared.stuck_after_s is not None
    conversions: dict[str, Callable[[float], float] | None] = {}

    def check(old: Instance | None, new: Instance, observed: int | None, received: int) -> int:
        value: Any = new.get("value")
        kind = type(value)
        if (
            (kind is not float and kind is not int)
            or (whole and kind is float and not value.is_integer())
            or (kind is int and not -_MOST <= value <= _MOST)
        ):
            return _TYPE | _timing(old, observed, received, late_us, old is not None and old.get("value") == value)
        flags = 0
        told = new.get("unitCode")
        if told is not None and told != unit:
            flags = _TYPE
            value = _converted(value, told, unit, conversions)
        if not low <= value <= high:
            flags |= _RANGE
        # The usual case needs no more: a new reading in time.
        if observed is None:
            return flags
        age = received - observed
        if age > late_us:
            flags |= _LATE
        elif age < -FUTURE_US:
            flags |= _FUTURE
        if old is None:
            if watched:
                new["_o"] = new["_u"] = observed
            return flags
        if old.get("value") == new["value"] and _observed(old) == observed:
            flags |= _DUPLICATE
        return flags | (watch(old, new, value, observed, flags) if watched else 0)

    watch = _watch(declared, interval_s)
    return check


Watch = Callable[[Instance, Instance, float, int, int], int]


def _watch(declared: Attribute, interval_s: float | None) -> Watch:
    """JUMP and STUCK: what takes more than one observation to see."""
    rate, stuck_us = declared.max_rate, (declared.stuck_after_s or 0) * SECOND
    # Two quick readings differ by noise: a change counts as one over the usual interval at least.
    least_us = (interval_s or 60) * SECOND

    def watch(old: Instance, new: Instance, value: float, observed: int, flags: int) -> int:
        new["_o"] = observed
        same = old.get("value") == new["value"]
        new["_u"] = old.get("_u", observed) if same else observed
        found = _STUCK if stuck_us and observed - new["_u"] > stuck_us else 0
        if rate is not None:
            plausible = old.get("_p")
            if plausible is None and _is_number(old.get("value")) and (before := _observed(old)) is not None:
                plausible = [old["value"], before]
            if plausible is not None:
                elapsed = abs(observed - plausible[1])
                if abs(value - plausible[0]) > rate * max(elapsed, least_us) / (3600 * SECOND):
                    found |= _JUMP
            if (found & _JUMP or flags & _RANGE) and plausible is not None:
                new["_p"] = plausible
        return found

    return watch


def _converted(value: float, told: Any, unit: str | None, known: dict[str, Callable[[float], float] | None]) -> float:
    """In the declared unit where that can be, so that a range can be judged; else as it is."""
    if unit is None or not isinstance(told, str):
        return value
    if told not in known and len(known) < 100:
        try:
            known[told] = units.converter(told, unit)
        except ValueError:
            known[told] = None
    convert = known.get(told)
    return convert(value) if convert else value


_PYTHON: Final[dict[str, tuple[type, ...]]] = {
    "text": (str,),
    "boolean": (bool,),
    "time": (str,),
    "object": (dict,),
    "list": (list,),
}


def _other_check(declared: Attribute, late_us: int) -> Check:
    """Text, truth, time, place, relation, object, list, language: of the kind, and among the options."""
    options, kind = frozenset(declared.options), declared.kind
    stuck_us = (declared.stuck_after_s or 0) * SECOND

    def check(old: Instance | None, new: Instance, observed: int | None, received: int) -> int:
        value = _value(new)
        flags = 0 if _is_kind(kind, new, value) else _TYPE
        if options and not flags and value not in options:
            flags = _RANGE
        same = old is not None and _value(old) == value
        if stuck_us and observed is not None:
            new["_u"] = old.get("_u", observed) if same and old is not None else observed
            if observed - new["_u"] > stuck_us:
                flags |= _STUCK
        return flags | _timing(old, observed, received, late_us, same)

    return check


def _is_kind(kind: str, instance: Instance, value: Any) -> bool:
    shape = instance["type"]
    if kind == "relation":
        return shape in ("Relationship", "ListRelationship")
    if kind == "language":
        return shape == "LanguageProperty" or isinstance(value, str)
    if kind == "geo":
        try:
            return shape == "GeoProperty" and bool(geo.check(value))
        except BadRequestData:
            return False
    if kind == "time":
        return _is_time(value)
    if kind == "list" and shape == "ListProperty":
        return True
    return type(value) in _PYTHON.get(kind, (object,)) or kind not in _PYTHON


def _is_time(value: Any) -> bool:
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str):
        return False
    if len(value) == 10 and value[4] == value[7] == "-":
        return True
    try:
        parse_us(value)
    except ValueError:
        return False
    return True
