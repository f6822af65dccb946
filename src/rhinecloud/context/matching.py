"""What a condition means on an entity: a tree of conditions compiled into one function of an entity.

Values are compared only with their like: numbers with numbers, texts with texts, moments with what reads as a moment.
Source: ETSI GS CIM 009 V1.9.1, 4.9 (meaning of the operators), 4.5.5 (any instance of a multi-attribute may match).
"""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance

from .patterns import searcher
from .q import All, Any_, Condition, Instant, Path, Range, Term
from .scalars import instant, scalars

Matcher = Callable[[Entity], bool]
Fetch = Callable[[list[str]], Iterable[Entity]]
"""Entities by id: for conditions that follow relationships."""
Targets = Callable[[Entity], Iterator[Any]]

_OWN: Final = {"createdAt": "_c", "modifiedAt": "_m"}
_Compare = Callable[[Any, Any], bool]
_ORDER: Final[dict[str, _Compare]] = {">": op.gt, ">=": op.ge, "<": op.lt, "<=": op.le}
_EQUATABLE: Final = frozenset(["Relationship", "ListRelationship"])


def compile_condition(condition: Condition, fetch: Fetch, datasets: frozenset[str] | None = None) -> Matcher:
    """A function that says whether an entity matches.

    Args:
        datasets: only instances of these datasetIds count ("" is the default instance); None: all.
    """
    if isinstance(condition, All):
        every = [compile_condition(part, fetch, datasets) for part in condition.parts]
        return lambda entity: all(match(entity) for match in every)
    if isinstance(condition, Any_):
        some = [compile_condition(part, fetch, datasets) for part in condition.parts]
        return lambda entity: any(match(entity) for match in some)
    return _term(condition, fetch, datasets)


def _term(term: Term, fetch: Fetch, datasets: frozenset[str] | None) -> Matcher:
    ordering = term.operator in _ORDER or term.operator in ("~=", "!~=")
    targets = targets_of(term.path, fetch, datasets, existence=term.operator in ("", "!"), ordering=ordering)
    if term.operator == "":
        return lambda entity: next(targets(entity), _NOTHING) is not _NOTHING
    if term.operator == "!":
        return lambda entity: next(targets(entity), _NOTHING) is _NOTHING
    if term.operator in ("~=", "!~="):
        found = searcher(str(term.values[0]))
        return _quantified(targets, lambda value: isinstance(value, str) and found(value), term.operator == "!~=")
    tests = [_test(term.operator, value) for value in term.values]
    test = tests[0] if len(tests) == 1 else lambda value: any(t(value) for t in tests)
    return _quantified(targets, test, term.operator == "!=")


_NOTHING: Final = object()


def _quantified(targets: Targets, test: Callable[[Any], bool], negated: bool) -> Matcher:
    """One of the values passes; negated: there are values, and none passes."""
    if not negated:
        return lambda entity: any(test(value) for value in targets(entity))

    def none(entity: Entity) -> bool:
        there = False
        for value in targets(entity):
            if test(value):
                return False
            there = True
        return there

    return none


def _test(operator: str, wanted: Any) -> Callable[[Any], bool]:
    if isinstance(wanted, Range):
        low, high = _test(">=", wanted.low), _test("<=", wanted.high)
        return lambda value: low(value) and high(value)
    compare: _Compare = _ORDER.get(operator, op.eq)
    if isinstance(wanted, Instant):
        us, text = wanted.us, wanted.text

        def moment(value: Any) -> bool:
            if isinstance(value, Instant):
                return bool(compare(value.us, us))
            if not isinstance(value, str):
                return False
            at = instant(value)
            return bool(compare(at, us)) if at is not None else compare is op.eq and value == text

        return moment
    if isinstance(wanted, bool):
        return lambda value: isinstance(value, bool) and bool(compare(value, wanted))
    if isinstance(wanted, int | float):
        return lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and bool(compare(value, wanted))
        )
    at = instant(wanted)

    def text_test(value: Any) -> bool:
        if isinstance(value, Instant):  # createdAt and its like, compared with a moment in quotes
            return at is not None and bool(compare(value.us, at))
        return isinstance(value, str) and bool(compare(value, wanted))

    return text_test


def targets_of(
    path: Path, fetch: Fetch, datasets: frozenset[str] | None, *, existence: bool, ordering: bool
) -> Targets:
    """A function that gives the values a path leads to in an entity."""
    if path.link is not None:
        return _linked(path, fetch, datasets, existence=existence, ordering=ordering)
    if path.attr in ("id", "type", "scope", "createdAt", "modifiedAt", "expiresAt") and not path.subs:
        return _system(path.attr)
    attr, subs, trail = path.attr, path.subs, path.trail

    def targets(entity: Entity) -> Iterator[Any]:
        instances = entity["attrs"].get(attr, ())
        if datasets is not None:
            instances = [i for i in instances if (i.get("datasetId") or "") in datasets]
        for instance in instances:
            yield from _descend(instance, subs, trail, existence, ordering)

    return targets


def _system(member: str) -> Targets:
    own = _OWN.get(member)
    if own:
        return lambda entity: iter([Instant(entity[own], "")])

    def targets(entity: Entity) -> Iterator[Any]:
        value = entity.get(member)
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value

    return targets


def _descend(
    instance: Instance, subs: tuple[str, ...], trail: tuple[str, ...], existence: bool, ordering: bool
) -> Iterator[Any]:
    if not subs:
        if ordering and instance.get("type") in _EQUATABLE:
            return
        if trail:
            yield from _inside(instance, trail, existence)
        elif existence:
            yield True
        else:
            yield from scalars(instance)
        return
    head, rest = subs[0], subs[1:]
    if head in _OWN:
        if _OWN[head] in instance:
            yield Instant(instance[_OWN[head]], "")
    elif not rest and head in instance and head != "attrs":
        yield from _opened(instance[head])
    for sub in (instance.get("attrs") or {}).get(head, ()):
        yield from _descend(sub, rest, trail, existence, ordering)


def _inside(instance: Instance, trail: tuple[str, ...], existence: bool) -> Iterator[Any]:
    value: Any = instance.get(VALUE_MEMBER.get(instance.get("type", "Property"), "value"))
    yield from _walk(value, trail, existence)


def _walk(value: Any, trail: tuple[str, ...], existence: bool) -> Iterator[Any]:
    if not trail:
        if existence:
            yield True
        else:
            yield from _opened(value)
        return
    head, rest = trail[0], trail[1:]
    if isinstance(value, dict):
        if head == "*":
            for member in value.values():
                yield from _walk(member, rest, existence)
        elif head in value:
            yield from _walk(value[head], rest, existence)
    elif isinstance(value, list):
        if head.isdecimal() and int(head) < len(value):
            yield from _walk(value[int(head)], rest, existence)
        else:
            for member in value:
                if isinstance(member, dict):
                    yield from _walk(member, trail, existence)


def _opened(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for member in value:
            yield from _opened(member)
    elif isinstance(value, dict):
        if "@value" in value:
            yield value["@value"]
    elif value is not None:
        yield value


def _linked(path: Path, fetch: Fetch, datasets: frozenset[str] | None, *, existence: bool, ordering: bool) -> Targets:
    assert path.link is not None
    here = targets_of(Path(path.attr, path.subs), fetch, datasets, existence=False, ordering=False)
    there = targets_of(path.link, fetch, None, existence=existence, ordering=ordering)
    types = frozenset(path.types)

    def targets(entity: Entity) -> Iterator[Any]:
        for linked in fetch([value for value in here(entity) if isinstance(value, str)]):
            if not types or not types.isdisjoint(linked["type"]):
                yield from there(linked)

    return targets
