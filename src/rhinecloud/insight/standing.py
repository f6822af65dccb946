"""A rule compiled once: names expanded, conditions as functions of an entity, and what can be known without looking.

A **gate** is a limit that an attribute has to pass for the rule to hold at all: of ``height>9.3;flow>4000`` the gate of
height is 9.3. With it a usual value is told apart from a risky one by its number alone (see `index`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import CORE_TERMS
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance
from rhinecloud.context import Condition, GeoQuery, compile_condition, geo, q, scope

from .declare import Ahead, Change, Rule

Expand = Callable[[str], str]
Matcher = Callable[[Entity], bool]
LOCATION: Final = CORE_TERMS["location"]
FORECAST: Final = "Forecast"
"""What an attribute's name ends with that holds the forecast of another."""


class Gate(NamedTuple):
    """The rule can hold only where the attribute has a value of at least (or at most) `limit`."""

    limit: float
    above: bool


class Standing:
    """A rule ready to be evaluated. Raises BadRequestData where it is not of the grammars."""

    def __init__(self, rule: Rule, expand: Expand) -> None:
        self.rule = rule
        self.id = rule.id
        self.type = expand(rule.type)
        self.for_us = round(rule.for_s * SECOND)
        self.silent_us = round(rule.silent_s * SECOND)
        condition = q.parse(rule.q, expand) if rule.q else None
        until = q.parse(rule.until_q, expand) if rule.until_q else None
        self.condition, self.until_condition = condition, until
        self.matches = compile_condition(condition, _nothing) if condition else None
        self.until = compile_condition(until, _nothing) if until else None
        self.geo = geo_query(rule.geo, expand) if rule.geo else None
        self.lies = self.geo.matcher() if self.geo else None
        self.in_scope = scope.parse(rule.scope_q).matcher() if rule.scope_q else None
        self.change = _expanded(rule.change, expand) if rule.change else None
        self.ahead = _expanded(rule.forecast, expand) if rule.forecast else None
        change = self.change
        self.stretch = (round(change.per_s * SECOND), change.above is not None) if change else (0, False)
        """How a rate of change is asked for: µs to look back, and whether for a rise."""
        self.step = (change.above if change.above is not None else change.below or 0.0) if change else 0.0
        self.foretold = _forecast_of(rule.forecast.attr, expand) if rule.forecast else ""
        """The attribute that holds the forecast that the rule is about."""
        self.asked = sorted(_plain(condition))
        self.attr = self._main(expand)
        self.only = _ids(condition)
        self.always = bool(q.attributes_of(condition) & _RESTLESS)
        self.gates = {attr: gate for attr in self.asked if (gate := gate_of(condition, attr))}
        self.worse = self._worse()
        self.shown = tuple(dict.fromkeys(self._evidence()))
        """Attributes that are evidence."""
        self.waking = frozenset(self._waking())
        """Attributes whose change may make the rule hold."""
        self.watched = self.waking | _plain(until) | {self.attr} - {""}
        """Attributes whose change matters while it holds."""

    def _main(self, expand: Expand) -> str:
        if self.rule.attr:
            return expand(self.rule.attr)
        given = self.change.attr if self.change else self.ahead.attr if self.ahead else ""
        return given or next(iter(_ordered(self.condition)), "")

    def _evidence(self) -> Iterator[str]:
        if self.attr:
            yield self.attr
        yield from self.asked
        if self.change:
            yield self.change.attr
        if self.ahead:
            yield self.foretold
        if self.geo and not (self.asked or self.attr):
            yield self.geo.attr

    def _waking(self) -> Iterator[str]:
        yield from self.asked
        if self.geo:
            yield self.geo.attr
        if self.change:
            yield self.change.attr
        if self.ahead:
            yield self.foretold
        if self.silent_us:
            yield self.attr

    def _worse(self) -> int:
        """1: the larger the value the worse; -1: the smaller; 0: there is no telling."""
        limit: Change | Ahead | None = self.change or self.ahead
        if limit is not None:
            return 1 if limit.above is not None else -1
        gate = self.gates.get(self.attr)
        return 0 if gate is None else 1 if gate.above else -1

    def selects(self, entity: Entity) -> bool:
        """Whether the rule is about this entity at all, now: type, place and scope."""
        return (
            self.type in entity["type"]
            and (self.only is None or entity["id"] in self.only)
            and (self.in_scope is None or self.in_scope(entity.get("scope") or ()))
            and (self.lies is None or self.lies(entity))
        )


def value_of(instance: Instance) -> Any:
    return instance.get(VALUE_MEMBER.get(instance.get("type", "Property"), "value"))


def geo_query(given: dict[str, Any], expand: Expand) -> GeoQuery:
    """The geo-query of a rule: {"georel": …, "geometry": GeoJSON} or, as in the API, "geometry" and "coordinates".

    Raises:
        BadRequestData: it is none.
    """
    shape = given.get("geometry")
    kind, coordinates = (
        (shape.get("type"), shape.get("coordinates")) if isinstance(shape, dict) else (shape, given.get("coordinates"))
    )
    name = given.get("geoproperty") or ""
    return geo.parse(str(given.get("georel") or "within"), str(kind), coordinates, expand(name) if name else "")


def _expanded(given: Any, expand: Expand) -> Any:
    return type(given)(**{n: getattr(given, n) for n in given.__struct_fields__} | {"attr": expand(given.attr)})


def _forecast_of(attr: str, expand: Expand) -> str:
    return attr + FORECAST if ":" in attr else expand(attr + FORECAST)


def _nothing(_ids: list[str]) -> Iterable[Entity]:
    """Rules do not follow relationships: what is there may change without their being told."""
    return ()


_RESTLESS: Final = frozenset(("modifiedAt", "createdAt", "type", "scope"))
"""Members that change with any attribute, or with none."""


def _plain(condition: Condition | None) -> frozenset[str]:
    return q.attributes_of(condition) - q.SYSTEM


def _ordered(condition: Condition | None) -> Iterator[str]:
    """The attributes of a condition as they were written."""
    if isinstance(condition, q.Term):
        if condition.path.attr not in q.SYSTEM:
            yield condition.path.attr
    elif condition is not None:
        for part in condition.parts:
            yield from _ordered(part)


def _ids(condition: Condition | None) -> frozenset[str] | None:
    """The entities that the condition names; None: any."""
    if isinstance(condition, q.All):
        return next((found for part in condition.parts if (found := _ids(part)) is not None), None)
    if isinstance(condition, q.Term) and condition.path == q.Path("id") and condition.operator == "==":
        ids = [value for value in condition.values if isinstance(value, str)]
        return frozenset(ids) if len(ids) == len(condition.values) else None
    return None


def gate_of(condition: Condition | None, attr: str) -> Gate | None:
    """The limit that a number of `attr` has to pass for the condition to hold; None: there is no such limit."""
    if isinstance(condition, q.Term):
        return _gate(condition, attr)
    if isinstance(condition, q.All):
        return next((gate for part in condition.parts if (gate := gate_of(part, attr))), None)
    if condition is None:
        return None
    gates = [gate_of(part, attr) for part in condition.parts]
    known = [gate for gate in gates if gate is not None]
    if len(known) < len(gates) or len({gate.above for gate in known}) != 1:
        return None
    return min(known) if known[0].above else max(known)


def _gate(term: q.Term, attr: str) -> Gate | None:
    if term.path != q.Path(attr) or not term.values:
        return None
    value = term.values[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if term.operator in (">", ">="):
        return Gate(float(value), True)
    return Gate(float(value), False) if term.operator in ("<", "<=") else None
