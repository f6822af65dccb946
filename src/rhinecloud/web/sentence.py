"""The sentence that a rule is: its words in both languages, with places for what a person chooses.

The same sentence is read in lists and written in the editor, where each place is a field.
"""

from __future__ import annotations

import re
from typing import Final

from .asking import said
from .catalogue import Sort
from .language import N_, words
from .rule_form import Fields, split

PATTERNS: Final = {
    "level": N_("When the %(attr)s of any %(kind)s%(where)s %(how)s %(value)s%(lasting)s, raise %(severity)s."),
    "change": N_(
        "When the %(attr)s of any %(kind)s%(where)s %(way)s by more than %(value)s within %(span)s%(lasting)s,"
        " raise %(severity)s."
    ),
    "silence": N_("When any %(kind)s%(where)s has not reported its %(attr)s for %(span)s, raise %(severity)s."),
    "forecast": N_(
        "When the %(attr)s of any %(kind)s%(where)s is forecast to be %(way)s %(value)s within %(span)s%(lasting)s,"
        " raise %(severity)s."
    ),
    "query": N_("When %(query)s holds of any %(kind)s%(where)s%(lasting)s, raise %(severity)s."),
}
HOW: Final = {
    "above": N_("is above"),
    "below": N_("is below"),
    "least": N_("is at least"),
    "most": N_("is at most"),
    "is": N_("is"),
    "not": N_("is not"),
}
WAYS: Final = {
    "change": {"above": N_("rises"), "below": N_("falls")},
    "forecast": {"above": N_("above"), "below": N_("below")},
}
SEVERITY: Final = {
    "info": N_("Notice"),
    "minor": N_("Minor"),
    "major": N_("Major"),
    "critical": N_("Critical"),
}
STATE: Final = {"info": 1, "minor": 2, "major": 3, "critical": 4}
"""Severity → place among the five states, which names its colour and shape."""
UNITS: Final = {"s": N_("seconds"), "min": N_("minutes"), "h": N_("hours"), "d": N_("days")}
_SLOT: Final = re.compile(r"%\((\w+)\)s")


def parts(form: str, language: str) -> list[tuple[bool, str]]:
    """The sentence in pieces: (it is a place, its name or its words)."""
    pieces = _SLOT.split(words(language)(PATTERNS[form]))
    return [(at % 2 == 1, piece) for at, piece in enumerate(pieces) if piece]


def reading(typed: Fields, sort: Sort | None, language: str) -> list[tuple[bool, str]]:
    """The sentence as it is read: (it was chosen, text)."""
    say = words(language)
    form = typed["sort"]
    attribute = sort.attribute(typed["attr"]) if sort else None
    unit = f" {attribute.unit}" if attribute and attribute.unit else ""
    area = typed["area"]
    lasting = typed["for_n"] not in ("", "0")
    place = say("in the area drawn") if area == "drawn" else say("in %(place)s") % {"place": area}
    condition = typed["q"]
    if sort is not None:
        condition = say(" and ").join(said(part, sort, language) for part in split(typed["q"]))
    if form != "query" and condition:
        place = " ".join(p for p in (place if area else "", say("(only where %(what)s)") % {"what": condition}) if p)
    filled = {
        "attr": _inside(attribute.label if attribute else typed["attr"] or "?", language),
        "kind": _inside(sort.label if sort else typed["type"], language),
        "where": f" {place}" if area or (form != "query" and condition) else "",
        "how": say(HOW.get(typed["how"], "")),
        "way": say(WAYS.get(form, {}).get(typed["way"], "")),
        "value": f"{typed['value']}{unit}",
        "span": f"{typed['span_n']} {typed['span_u']}",
        "lasting": say(" for %(time)s") % {"time": f"{typed['for_n']} {typed['for_u']}"} if lasting else "",
        "query": condition,
        "severity": _inside(say(SEVERITY.get(typed["severity"], "")), language),
    }
    return [(is_slot, filled[piece] if is_slot else piece) for is_slot, piece in parts(form, language)]


def plain(pieces: list[tuple[bool, str]]) -> str:
    """The sentence without its marks."""
    return "".join(text for _, text in pieces)


def _inside(label: str, language: str) -> str:
    """A label in the middle of a sentence: English ones begin small there, unless they are letters such as PM10."""
    return label[:1].lower() + label[1:] if language == "en" and label[1:2].islower() else label
