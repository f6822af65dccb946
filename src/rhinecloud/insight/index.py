"""From a changed attribute to the rules that it may make true, at a cost that hardly grows with their number.

Rules lie by type and attribute. Those with a gate (`standing.Gate`) are sorted by it, so that a value finds the rules
whose limit it passes by bisection: a thousand limits on one attribute cost a usual value two comparisons.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from .standing import Gate, Standing

_MOST: Final = 10_000


class Group:
    """The rules that look at one attribute of entities of certain types."""

    __slots__ = ("_above", "_above_limits", "_always", "_below", "_below_limits", "_bound", "changes", "silent")

    def __init__(self, rules: Iterable[Standing], attr: str) -> None:
        above: list[tuple[float, Standing]] = []
        below: list[tuple[float, Standing]] = []
        self._always: list[Standing] = []
        self._bound: dict[str, list[tuple[Gate | None, Standing]]] = {}  # by the entity that they name
        self.changes: list[Standing] = []  # rules of whose window this attribute is
        self.silent: list[Standing] = []
        for rule in rules:
            if rule.silent_us and attr == rule.attr:
                self.silent.append(rule)
            gate = rule.gates.get(attr)
            if rule.change is not None and attr == rule.change.attr:
                self.changes.append(rule)  # its window is asked first
            elif rule.silent_us and not (rule.asked or rule.geo):
                continue  # an observation makes nothing silent; the clock does
            elif rule.only is not None:
                for entity in rule.only:
                    self._bound.setdefault(entity, []).append((gate, rule))
            elif gate is not None:
                (above if gate.above else below).append((gate.limit, rule))
            else:
                self._always.append(rule)
        above.sort(key=lambda pair: pair[0])
        below.sort(key=lambda pair: pair[0])
        self._above_limits = [limit for limit, _ in above]
        self._above = [rule for _, rule in above]
        self._below_limits = [limit for limit, _ in below]
        self._below = [rule for _, rule in below]

    def candidates(self, entity: str, number: float | None) -> list[Standing]:
        """The rules that may hold now that the attribute has this value; None: a value that is no single number."""
        if number is None:
            found = self._always + self._above + self._below
        else:
            found = self._always
            if self._above_limits and (upto := bisect_right(self._above_limits, number)):
                found = found + self._above[:upto]
            if self._below_limits and (since := bisect_left(self._below_limits, number)) < len(self._below):
                found = found + self._below[since:]
        if self._bound and entity in self._bound:
            found = found + [rule for gate, rule in self._bound[entity] if _passes(gate, number)]
        return found


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
