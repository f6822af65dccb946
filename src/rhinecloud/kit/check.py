"""What is wrong with a pack, found by looking at its declarations alone; nothing of it is run.

A fatal flaw keeps the pack out of the city, since it would break it or other packs. All the others are told by
`rhinecloud pack check` and by the suite, and do no harm to anybody but the pack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from rhinecloud.base.declare import CORE_TERMS, DEFAULT_NAMESPACE, EntityType, Label, Model
from rhinecloud.base.errors import RhineError
from rhinecloud.base.units import UNITS
from rhinecloud.insight import SEVERITIES, TYPES, Rule, check_indicator, check_rule

from .pack import Pack

_ID = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}\Z")
_PART = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}\Z")
HEADINGS = ("Purpose", "Sources", "Standards", "Known limits")
"""What a pack's README tells, in this order."""


class Flaw(msgspec.Struct, frozen=True):
    """One thing that is wrong, where, and what to do about it."""

    where: str
    detail: str
    remedy: str
    fatal: bool = False


def errors(pack: Pack, others: Iterable[Pack] = ()) -> list[Flaw]:
    """The flaws with which the pack cannot be let in."""
    return [flaw for flaw in flaws(pack, others) if flaw.fatal]


def flaws(pack: Pack, others: Iterable[Pack] = ()) -> list[Flaw]:
    """Every flaw, the fatal ones first. A pack that is no sound value at all has one."""
    found: list[Flaw] = []
    others = tuple(others)
    try:
        for check in _CHECKS:
            found += check(pack, others)
    except Exception as error:  # declarations may hold anything, since Python checks no types
        detail = f"The declarations cannot be read: {type(error).__name__}: {error}"
        found.append(Flaw("first page", detail, "Let mypy check the pack against rhinecloud.kit", fatal=True))
    return sorted(found, key=lambda flaw: not flaw.fatal)


def _ids(pack: Pack, _: tuple[Pack, ...]) -> Iterator[Flaw]:
    if not _ID.match(pack.id):
        yield Flaw("id", f"{pack.id!r} is no id", "Use a-z, 0-9 and _, 2 to 40 of them, a letter first", fatal=True)
    seen: set[tuple[str, str]] = set()
    for kind, part in _parts(pack):
        name = str(part.id)
        if not name.startswith(f"{pack.id}.") or not _PART.match(name[len(pack.id) + 1 :]):
            remedy = f"Call it {pack.id}.<name>, the name of a-z, 0-9, '-' and '.'"
            yield Flaw(f"{kind} {name}", "The id is not the pack's own", remedy, fatal=True)
        if (kind, name) in seen:
            yield Flaw(f"{kind} {name}", "Two have this id", "Give one of them another", fatal=True)
        seen.add((kind, name))


def _parts(pack: Pack) -> Iterator[tuple[str, Any]]:
    for kind, parts in {
        "mapping": pack.mappings,
        "feed": pack.feeds,
        "rule": pack.rules,
        "indicator": pack.indicators,
        "forecast": pack.forecasts,
        "playbook": pack.playbooks,
        "scenario": pack.scenarios,
        "reader": pack.readers,
        "publication": pack.publications,
        "endpoint": pack.endpoints,
    }.items():
        for part in parts:
            yield kind, part


def _types(pack: Pack, others: tuple[Pack, ...]) -> Iterator[Flaw]:
    owner = {kind.name: other for other in others for kind in other.types}
    for kind in pack.types:
        where = f"type {kind.name}"
        if not _TERM.match(kind.name):
            yield Flaw(
                where, f"{kind.name!r} is no name of a type", "Use letters and digits, as in BeeHive", fatal=True
            )
        if (other := owner.get(kind.name)) is not None and other.id != pack.id:
            remedy = f"Name it in `needs` and use {other.id}'s, or give yours another name"
            yield Flaw(where, f"The pack {other.id} declares that type already", remedy, fatal=True)
        names = [a.name for a in kind.attributes]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield Flaw(where, f"{name} is declared twice", "Declare each attribute once", fatal=True)
        for name in (n for n in names if not _TERM.match(n)):
            yield Flaw(
                where, f"{name!r} is no name of an attribute", "Use letters and digits, as in hiveWeight", fatal=True
            )
        if kind.main not in names:
            yield Flaw(where, "It has no main attribute", "Let `main` name the attribute that stands for the thing")
        if kind.status is not None and kind.status.attr not in names:
            yield Flaw(where, f"Its status is that of {kind.status.attr}, which it has not", "Name one that it has")
        yield from _attributes(kind)


def _attributes(kind: EntityType) -> Iterator[Flaw]:
    for attribute in kind.attributes:
        where = f"{kind.name}.{attribute.name}"
        if attribute.unit is not None and attribute.unit not in UNITS:
            yield Flaw(where, f"The unit {attribute.unit} is not known", "Use a UN/CEFACT code such as MTR, CEL or P1")
        if attribute.kind in ("number", "integer") and (attribute.minimum is None or attribute.maximum is None):
            yield Flaw(where, "It has no range", "Say what is physically possible: minimum and maximum")
        if attribute.kind == "number" and attribute.decimals is None:
            yield Flaw(
                where, "It does not say its digits", "Say with `decimals` how many digits make sense to a person"
            )
        if attribute.kind == "number" and attribute.unit is None:
            yield Flaw(where, "It has no unit", "Name its UN/CEFACT code; C62 is that of a plain number")
        if attribute.options and (strange := {value for value, _ in attribute.words} - set(attribute.options)):
            yield Flaw(where, f"It has a word for {', '.join(sorted(strange))}, which is no option", "Add the option")
        low, high = attribute.minimum, attribute.maximum
        if low is not None and high is not None and low >= high:
            yield Flaw(where, "Its minimum is not below its maximum", "Swap or mend them")
        if attribute.name in CORE_TERMS and attribute.iri:
            yield Flaw(where, f"{attribute.name} is a word of NGSI-LD's own", "Leave out its iri", fatal=True)


def _references(pack: Pack, others: tuple[Pack, ...]) -> Iterator[Flaw]:
    """What is named has to be there: types, attributes, playbooks, formats."""
    known = {kind.name: kind for other in (*others, pack) for kind in other.types}
    allowed = {kind.name for kind in pack.types} | set(pack.needs)
    named = [(f"layer {layer.type}", layer.type) for layer in pack.layers]
    named += [(f"panel {panel.title.en}", panel.type) for panel in pack.panels]
    named += [
        (f"{kind} {part.id}", part.type) for kind, part in _parts(pack) if kind in ("rule", "indicator", "forecast")
    ]
    named += [(f"publication {p.id}", kind) for p in pack.publications for kind in p.types]
    named += [(f"endpoint {e.id}", kind) for e in pack.endpoints for kind in e.types]
    for where, name in named:
        if name not in allowed and ":" not in name:
            yield Flaw(
                where, f"The type {name} is neither declared nor in `needs`", "Declare it, or name it in `needs`"
            )
    taken = {p.path: other.id for other in others for p in other.publications}
    for publication in pack.publications:
        if publication.path in taken or publication.path != publication.path.strip("/ "):
            remedy = f"Begin it with {pack.id}/, and with no slash"
            yield Flaw(f"publication {publication.id}", f"The path {publication.path} cannot be", remedy, fatal=True)
    for endpoint in pack.endpoints:
        if not endpoint.path.startswith(f"{pack.id}/") or endpoint.path != endpoint.path.strip("/ "):
            remedy = f"Begin it with {pack.id}/, and end it without a slash"
            yield Flaw(f"endpoint {endpoint.id}", f"The path {endpoint.path} cannot be", remedy, fatal=True)
    for panel in pack.panels:
        kind = known.get(panel.type)
        for attr in panel.attributes if kind else ():
            if kind and attr not in {a.name for a in kind.attributes}:
                yield Flaw(f"panel {panel.title.en}", f"{panel.type} has no {attr}", "Name attributes that it has")


def _playbooks(pack: Pack, _: tuple[Pack, ...]) -> Iterator[Flaw]:
    """Rules and playbooks name each other."""
    playbooks = {playbook.id for playbook in pack.playbooks}
    for rule in pack.rules:
        if rule.playbook and rule.playbook not in playbooks:
            yield Flaw(f"rule {rule.id}", f"There is no playbook {rule.playbook}", "Declare it, or name another")
    rules = {rule.id for rule in pack.rules}
    for playbook in pack.playbooks:
        for trigger in playbook.triggers:
            if trigger.rule.startswith(f"{pack.id}.") and trigger.rule not in rules:
                where = f"playbook {playbook.id}"
                yield Flaw(where, f"There is no rule {trigger.rule}", "Declare it, or name another")


def _rules(pack: Pack, others: tuple[Pack, ...]) -> Iterator[Flaw]:
    """What insight would not take, or what would never come true; insight's own checks decide."""
    model = Model([*TYPES, *(kind for other in (*others, pack) for kind in other.types)])

    def expand(term: str) -> str:
        return term if ":" in term else model.terms.get(term, DEFAULT_NAMESPACE + term)

    for rule in pack.rules:
        if rule.type not in model.terms and rule.type in pack.needs:
            continue  # its type comes with a pack that is not installed here
        try:
            check_rule(rule, model, expand)
        except RhineError as error:
            unreadable = _unreadable(rule, expand)
            yield Flaw(f"rule {rule.id}", error.detail, "docs/how-to/write-a-pack.md shows a rule", fatal=unreadable)
    for indicator in pack.indicators:
        where = f"indicator {indicator.id}"
        try:
            check_indicator(indicator, model, expand)
        except RhineError as error:
            yield Flaw(where, error.detail, "Mend it, or install what brings its type", fatal=True)
        if indicator.unit not in UNITS:
            yield Flaw(where, f"The unit {indicator.unit} is not known", "Use a UN/CEFACT code; C62 for plain numbers")
        if indicator.target is not None and not indicator.better:
            yield Flaw(where, "It has a target and no direction", "Say what is better: higher or lower")
        yield from _names(where, indicator.type, (indicator.attr, indicator.of), model, expand)
    for forecast in pack.forecasts:
        yield from _names(f"forecast {forecast.id}", forecast.type, (forecast.attr, *forecast.facts), model, expand)


def _unreadable(rule: Rule, expand: Callable[[str], str]) -> bool:
    """Whether a rule cannot even be asked; one that only never comes true harms nobody."""
    from rhinecloud.context import q

    if rule.severity not in SEVERITIES or not (rule.q or rule.geo or rule.change or rule.silent_s or rule.forecast):
        return True
    try:
        for text in (rule.q, rule.until_q):
            if text:
                q.parse(text, expand)
    except RhineError:
        return True
    return False


def _names(where: str, kind: str, named: Iterable[str], model: Model, expand: Callable[[str], str]) -> Iterator[Flaw]:
    there = {a.iri for a in model.attributes(expand(kind))}
    for name in named:
        if there and name and expand(name) not in there:
            yield Flaw(where, f"{kind} has no attribute {name}", "Name one of its own, or declare it")


def _connections(pack: Pack, others: tuple[Pack, ...]) -> Iterator[Flaw]:
    """Mappings that cannot work and feeds that cannot be asked."""
    if not (pack.mappings or pack.feeds):
        return
    from rhinecloud.connect import Feed, try_mapping

    model = Model(kind for other in (*others, pack) for kind in other.types)
    for mapping in pack.mappings:
        tried = try_mapping(mapping.body | {"id": mapping.id}, b"{}", model=model)
        if tried.reason == "bad mapping":
            yield Flaw(f"mapping {mapping.id}", tried.error, "docs/reference/mapping.md lists its members", fatal=True)
    forms = {reader.id for other in (*others, pack) for reader in other.readers}
    for feed in pack.feeds:
        try:
            Feed.of(feed, forms)
        except RhineError as error:
            yield Flaw(f"feed {feed.id}", error.detail, "docs/how-to/connect-feeds.md says what a feed is", fatal=True)
        if not feed.attribution or not feed.licence:
            yield Flaw(f"feed {feed.id}", "It names no source or licence", "Say whose data it is, and on which terms")


def _words(pack: Pack, _: tuple[Pack, ...]) -> Iterator[Flaw]:
    """Every text in both languages, and the README."""
    for where, label in _labels(pack):
        if not (label.de.strip() and label.en.strip()):
            yield Flaw(where, "A text is missing in German or in English", "Write both")
    headings = tuple(line[3:].strip() for line in pack.readme.splitlines() if line.startswith("## "))
    if headings != HEADINGS:
        yield Flaw("README", f"Its headings are {', '.join(headings) or 'none'}", f"Use {', '.join(HEADINGS)}")


def _labels(pack: Pack) -> Iterator[tuple[str, Label]]:
    yield from (("title", pack.title), ("text", pack.text))
    for kind in pack.types:
        yield from ((kind.name, label) for label in (kind.label, kind.plural))
        for attribute in kind.attributes:
            where = f"{kind.name}.{attribute.name}"
            yield from ((where, label) for label in (attribute.label, *(label for _, label in attribute.words)))
    yield from ((f"layer {layer.type}", layer.label) for layer in pack.layers)
    yield from ((f"panel {panel.type}", panel.title) for panel in pack.panels)
    for name, part in _parts(pack):
        yield from ((f"{name} {part.id}", part_label) for part_label in _labels_of(part))


def _labels_of(part: Any) -> Iterator[Label]:
    for member in ("label", "title", "text"):
        if isinstance(label := getattr(part, member, None), Label):
            yield label
    yield from getattr(part, "titles", ())


_CHECKS: tuple[Callable[[Pack, tuple[Pack, ...]], Iterator[Flaw]], ...] = (
    _ids,
    _types,
    _references,
    _playbooks,
    _rules,
    _connections,
    _words,
)
