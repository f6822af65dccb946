"""From a changed attribute to the rules that it may make true, at a cost that hardly grows with their number.

Rules lie by type and attribute. Those with a gate (`standing.Gate`) are sorted by it, so that a value finds the rules
whose limit it passes by bisection: a thousand limits on one attribute cost a usual value two comparisons.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from .standing import Gate, Standing

_MOST: Final = 10_000


Stretch = tuple[int, bool]
"""(µs to look back, whether for a rise): what a rate of change is asked for."""


class Limits:
    """Rules in the order of a limit of each."""

    __slots__ = ("_limits", "_rules")

    def __init__(self, pairs: Iterable[tuple[float, Standing]] = ()) -> None:
        ordered = sorted(pairs, key=lambda pair: pair[0])
        self._limits = [limit for limit, _ in ordered]
        self._rules = [rule for _, rule in ordered]

    def reached(self, value: float) -> list[Standing]:
        """Those whose limit is not above the value."""
        return self._rules[: bisect_right(self._limits, value)] if self._limits else []

    def undercut(self, value: float) -> list[Standing]:
        """Those whose limit is not below the value."""
        return self._rules[bisect_left(self._limits, value) :] if self._limits else []


class Group:
    """The rules that look at one attribute of entities of certain types."""

    __slots__ = (
        "_above",
        "_always",
        "_below",
        "_bound",
        "_moving",
        "_moving_bound",
        "_silent",
        "_silent_bound",
        "moving",
    )

    def __init__(self, rules: Iterable[Standing], attr: str) -> None:
        above: list[tuple[float, Standing]] = []
        below: list[tuple[float, Standing]] = []
        moving: dict[Stretch, list[tuple[float, Standing]]] = {}
        self._always: list[Standing] = []
        self._bound: dict[str, list[tuple[Gate | None, Standing]]] = {}  # by the entity that they name
        self._moving_bound: dict[str, list[Standing]] = {}
        self._silent: list[Standing] = []
        self._silent_bound: dict[str, list[Standing]] = {}
        for rule in rules:
            if rule.silent_us and attr == rule.attr:
                _put(self._silent, self._silent_bound, rule)
            gate = rule.gates.get(attr)
            if rule.change is not None and attr == rule.change.attr:  # its window is asked first
                if rule.only is None:
                    moving.setdefault(rule.stretch, []).append((rule.step, rule))
                else:
                    _put([], self._moving_bound, rule)
            elif rule.silent_us and not (rule.asked or rule.geo):
                continue  # an observation makes nothing silent; the clock does
            elif rule.only is not None:
                for entity in rule.only:
                    self._bound.setdefault(entity, []).append((gate, rule))
            elif gate is not None:
                (above if gate.above else below).append((gate.limit, rule))
            else:
                self._always.append(rule)
        self._above, self._below = Limits(above), Limits(below)
        self._moving = {stretch: Limits(pairs) for stretch, pairs in moving.items()}
        self.moving = bool(self._moving or self._moving_bound)
        """Whether any rule is about how fast this attribute changes."""

    def candidates(self, entity: str, number: float | None) -> list[Standing]:
        """The rules that may hold now that the attribute has this value; None: a value that is no single number."""
        if number is None:
            found = self._always + self._above.reached(math.inf) + self._below.undercut(-math.inf)
        else:
            found = self._always + self._above.reached(number) + self._below.undercut(number)
        if self._bound and entity in self._bound:
            found += [rule for gate, rule in self._bound[entity] if _passes(gate, number)]
        return found

    def moved(self, entity: str, difference: Callable[[Stretch], float | None]) -> list[Standing]:
        """The rules that may hold now that the attribute has changed by so much."""
        found: list[Standing] = []
        for stretch, limits in self._moving.items():
            by = difference(stretch)
            if by is not None:
                found += limits.reached(by) if stretch[1] else limits.undercut(by)
        for rule in self._moving_bound.get(entity, ()):
            by = difference(rule.stretch)
            if by is not None and (by > rule.step if rule.stretch[1] else by < rule.step):
                found.append(rule)
        return found

    def silent(self, entity: str) -> list[Standing]:
        """The rules that are about this attribute's silence at an entity."""
        if not self._silent_bound:
            return self._silent
        return self._silent + self._silent_bound.get(entity, [])


def _put(unbound: list[Standing], bound: dict[str, list[Standing]], rule: Standing) -> None:
    if rule.only is None:
        unbound.append(rule)
    else:
        for entity in rule.only:
            bound.setdefault(entity, []).append(rule)


def _passes(gate: Gate | None, number: float | None) -> bool:
    if gate is None or number is None:
        return True
    return number >= gate.limit if gate.above else number <= gate.limit


class Index:
    """All rules of a tenant that are on."""

    def __init__(self, rules: Iterable[Standing]) -> None:
        self.rules = {rule.id: rule for rule in rules}
        self.by_type: dict[str, list[Standing]] = {}
        for rule in self.rules.values():
            self.by_type.setdefault(rule.type, []).append(rule)
        self._groups: dict[tuple[str, str], Group | None] = {}

    def group(self, types: str, attr: str) -> Group | None:
        """The rules on `attr` of entities of `types` (joined by a blank); None: there are none at all."""
        key = (types, attr)
        try:
            return self._groups[key]
        except KeyError:
            if len(self._groups) > _MOST:
                self._groups.clear()
            found = self._groups[key] = self._find(types, attr)
            return found

    def _find(self, types: str, attr: str) -> Group | None:
        rules = [rule for rule in self.of(types) if rule.always or attr in rule.watched]
        if not rules:
            return None
        return Group([rule for rule in rules if rule.always or attr in rule.waking], attr)

    def of(self, types: str) -> Iterator[Standing]:
        """The rules on entities of `types`."""
        for name in types.split(" "):
            yield from self.by_type.get(name, ())
