"""What is wrong with a pack, found by playing its simulator: a year, two seeds, and every event of `KINDS`.

A simulated city is what a rule is tried on and what people are trained with; so its values pass what real ones pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from rhinecloud.base.declare import Attribute, Label, Model
from rhinecloud.insight import Change, Rule

from .check import Flaw
from .events import KINDS, event
from .pack import Pack, Thing
from .world import SEED, World

YEAR = [
    datetime(2026, month, day, hour, 7, tzinfo=UTC).timestamp()
    for month in range(1, 13)
    for day in (3, 14, 25)
    for hour in (3, 8, 13, 18)
]
"""Instants at which every thing is looked at."""
MOST = 24
"""Things of a type that are looked at; a fleet of thousands is the same thing many times."""

_NUMBER = Attribute(name="number", label=Label(de="Zahl", en="Number"))

Measured = tuple[Thing, float, dict[str, Any]]


def trials(pack: Pack, others: Iterable[Pack] = ()) -> list[Flaw]:
    """Every flaw that playing the simulator shows; one of each kind and place."""
    if pack.simulator is None:
        return []
    found: list[Flaw] = []
    try:
        things = list(pack.simulator(World(SEED)))
        for trial in (names(pack, things), repeats(pack, things), values(pack, others, things), rates(pack, things)):
            found.extend(trial)
        found += unreachable(pack, others)
    except Exception as error:  # a stranger's code; what was found before stays
        found.append(Flaw("simulator", f"It fails: {type(error).__name__}: {error}", "Mend it; a city leaves it out"))
    return list({(flaw.where, flaw.detail.partition(":")[0]): flaw for flaw in found}.values())


def names(pack: Pack, things: Sequence[Thing]) -> Iterator[Flaw]:
    """Names of devices and things: unique, and such as a device may have."""
    for what in ("device", "entity"):
        given = [name for thing in things if (name := getattr(thing, what))]
        for name in sorted({n for n in given if given.count(n) > 1}):
            yield Flaw(f"simulator, {name}", f"Two things have this {what}", "Name each its own")
    types = {kind.name for kind in pack.types} | set(pack.needs)
    for thing in things:
        where = f"simulator, {thing.device}"
        if not thing.device.replace("-", "").isalnum() or not thing.device.islower():
            yield Flaw(where, "That is no name of a device", "Use a-z, 0-9 and -")
        if thing.type and thing.type not in types:
            yield Flaw(where, f"Its type {thing.type} is not declared", "Declare it, or name it in `needs`")
        if "dataProvider" in thing.fixed and "simulated" not in str(thing.fixed["dataProvider"]):
            yield Flaw(where, "It does not say that it is simulated", 'Say so: "dataProvider": "… (simulated)"')


def repeats(pack: Pack, things: Sequence[Thing]) -> Iterator[Flaw]:
    """The same seed gives the same city, another one another."""
    assert pack.simulator
    again, other = list(pack.simulator(World(SEED))), list(pack.simulator(World(SEED + 1)))
    if [t.device for t in things] != [t.device for t in again]:
        yield Flaw("simulator", "The same seed gives other things", "Draw from World alone: noise, chance, weather")
        return
    some = range(0, len(things), max(1, len(things) // MOST))
    told = [[things[n].measure(at) for n in some] for at in YEAR[5:8]]
    if told != [[again[n].measure(at) for n in some] for at in YEAR[5:8]]:
        yield Flaw("simulator", "The same seed gives other values", "Let `measure` depend on the instant alone")
    if things and told == [[t.measure(at) for t in other[:: max(1, len(things) // MOST)]] for at in YEAR[5:8]]:
        yield Flaw("simulator", "Another seed gives the same city", "Draw from the world's noise")


def values(pack: Pack, others: Iterable[Pack], things: Sequence[Thing]) -> Iterator[Flaw]:
    """All year, every value is declared and within what is physically possible."""
    declared = {kind.name: {a.name: a for a in kind.attributes} for p in (*others, pack) for kind in p.types}
    for thing, at, told in _looked(things, YEAR):
        known = declared.get(thing.type, {})
        for name, value in (thing.fixed | told).items():
            where = f"simulator, {thing.type}.{name}"
            if name not in known:
                yield Flaw(where, "It is sent and not declared", "Declare the attribute")
            elif why := misfit(known[name], value):
                when = datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes")
                yield Flaw(where, f"{why}: {value!r} of {thing.device} at {when}", "Mend the simulator or the range")
    for thing in things[:1]:
        try:
            msgspec.json.encode(thing.fixed | thing.measure(YEAR[0]))
        except TypeError as error:
            yield Flaw(
                "simulator", f"It cannot be sent as JSON: {error}", "Give plain numbers, texts, lists and objects"
            )


def misfit(attribute: Attribute, value: object) -> str:
    """Why a value cannot be one of the attribute; "": it can."""
    if attribute.kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "It is no number"
        if attribute.minimum is not None and value < attribute.minimum:
            return f"It is below {attribute.minimum:g}"
        if attribute.maximum is not None and value > attribute.maximum:
            return f"It is above {attribute.maximum:g}"
    if attribute.options and value not in attribute.options:
        return f"It is none of {', '.join(attribute.options)}"
    return ""


def rates(pack: Pack, things: Sequence[Thing]) -> Iterator[Flaw]:
    """No value changes faster than is declared plausible."""
    limits = {(k.name, a.name): a.max_rate for k in pack.types for a in k.attributes if a.max_rate}
    for thing, at, before in _looked(things, YEAR[::3]):
        after = thing.measure(at + 3600)
        for name in before.keys() & after.keys():
            limit = limits.get((thing.type, name))
            if limit and not misfit(_NUMBER, before[name]) and abs(after[name] - before[name]) > limit:
                yield Flaw(
                    f"simulator, {thing.type}.{name}",
                    f"It changes by more than {limit:g} an hour: {before[name]} to {after[name]}",
                    "Mend the simulator or `max_rate`",
                )


def unreachable(pack: Pack, others: Iterable[Pack] = ()) -> Iterator[Flaw]:
    """Rules that nothing simulated ever makes true, in a year and in every event at its strongest."""
    assert pack.simulator
    model = Model(kind for p in (*others, pack) for kind in p.types)
    waiting = {rule.id: (rule, _holds(rule, model)) for rule in pack.rules}
    for things, instants in _scenes(pack.simulator):
        for rule, holds in list(waiting.values()):
            of_type = [
                t for t in things if t.type and model.terms.get(t.type, t.type) == model.terms.get(rule.type, rule.type)
            ]
            if any(holds(thing, at) for at in instants for thing in of_type[: 2 * MOST]):
                del waiting[rule.id]
        if not waiting:
            return
    for name in waiting:
        yield Flaw(
            f"rule {name}",
            "Nothing that is simulated makes it true",
            "Let the simulator know such a case, so that the rule can be seen to work and people can train with it",
        )


def _scenes(simulator: Callable[[World], Sequence[Thing]]) -> Iterator[tuple[list[Thing], list[float]]]:
    """A usual year, then each kind of event, grown to what the region has seen at its worst."""
    yield list(simulator(World(SEED))), YEAR
    for kind in KINDS:
        for month in (1, 7):
            start = datetime(2026, month, 14, 6, tzinfo=UTC).timestamp()
            for factor in (1.0, 1.25):
                happening = event(kind.name, start, strength=kind.strength * factor)
                instants = [start + kind.lasts_s * part / 24 for part in range(1, 24)]
                yield list(simulator(World(SEED, [happening]))), instants


def _holds(rule: Rule, model: Model) -> Callable[[Thing, float], bool]:
    from rhinecloud.context import compile_condition, q

    def expand(term: str) -> str:
        return term if ":" in term else model.terms.get(term, term)

    asked = compile_condition(q.parse(rule.q, expand), lambda _: ()) if rule.q else None

    def holds(thing: Thing, at: float) -> bool:
        told = thing.fixed | thing.measure(at)
        if asked is not None and not asked(_entity(thing, told, expand)):
            return False
        if rule.change is not None and not _moved(rule.change, thing, at):
            return False
        # Silence is what every device can do; a forecast may say what its attribute may be.
        return not rule.silent_s or rule.attr in told

    return holds


def _entity(thing: Thing, told: dict[str, Any], expand: Callable[[str], str]) -> Any:
    attrs = {expand(name): [{"type": "Property", "value": value}] for name, value in told.items()}
    return {"id": thing.entity, "type": [expand(thing.type)], "attrs": attrs}


def _moved(change: Change, thing: Thing, at: float) -> bool:
    before, after = thing.measure(at - change.per_s).get(change.attr), thing.measure(at).get(change.attr)
    if before is None or after is None:
        return False
    moved = after - before
    return (change.above is not None and moved > change.above) or (change.below is not None and moved < change.below)


def _looked(things: Sequence[Thing], instants: Sequence[float]) -> Iterator[Measured]:
    """Every type's first things, instant by instant: so they share what their world has worked out for it."""
    some, seen = list[Thing](), dict[str, int]()
    for thing in things:
        seen[thing.type] = seen.get(thing.type, 0) + 1
        if thing.type and seen[thing.type] <= MOST:
            some.append(thing)
    for at in instants:
        for thing in some:
            yield thing, at, thing.measure(at)
