"""Opening hours in the notation of OpenStreetMap: read as far as car parks write them, and asked whether it is open.

Read are days, ranges of days, times of day over midnight, several rules, "24/7", "off" and "PH" (public holidays). What
goes further (weeks, months, sunset) is not read: the answer is then None, which is "not known".

Source: wiki.openstreetmap.org, Key:opening_hours/specification (a part of it).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH")
HOLIDAY: Final = 7
_GERMAN: Final = {"Di": "Tu", "Mi": "We", "Do": "Th", "So": "Su"}
_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})\Z")


class Rule(NamedTuple):
    """On which days (Monday 0 to Sunday 6, holidays 7) it is open between which minutes; no spans: closed."""

    days: frozenset[int]
    spans: tuple[tuple[int, int], ...]


def parse(text: str) -> list[Rule] | None:
    """The rules, the later before the earlier ones; None where it is written in a way that is not read here."""
    plain = re.sub(r"\bUhr\b", "", " ".join(text.replace("\n", ";").split())).strip(" ;")
    if not plain:
        return None
    if plain.lower() in ("24/7", "24 stunden", "00:00-24:00", "mo-su 00:00-24:00"):
        return [Rule(frozenset(range(8)), ((0, 1440),))]
    rules = []
    for part in re.split(r"\s*;\s*", plain):
        rule = _rule(part)
        if rule is None:
            return None
        rules.append(rule)
    return rules


def _rule(text: str) -> Rule | None:
    match = re.match(r"((?:[A-Z][a-zA-Z](?:\s*-\s*[A-Z][a-z])?\s*,?\s*)+):?\s*(.*)\Z", text)
    days, rest = (_days(match[1]), match[2]) if match else (frozenset(range(8)), text)
    if days is None:
        return None
    if rest.lower() in ("off", "closed", "geschlossen"):
        return Rule(days, ())
    spans = []
    for part in rest.split(","):
        found = _SPAN.match(part.strip())
        if found is None:
            return None
        start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        if start > 1440 or end > 2880 or int(found[2]) > 59 or int(found[4]) > 59:
            return None
        spans.append((start, end + 1440 if end <= start else end))
    return Rule(days, tuple(spans))


def _days(text: str) -> frozenset[int] | None:
    found: set[int] = set()
    for part in text.replace(" ", "").strip(",").split(","):
        first, _, last = part.partition("-")
        first, last = _GERMAN.get(first, first), _GERMAN.get(last, last)
        if first not in DAYS or (last and last not in DAYS[:7]):
            return None
        start, end = DAYS.index(first), DAYS.index(last or first)
        found.update(range(start, end + 1) if start <= end else (*range(start, 7), *range(end + 1)))
    return frozenset(found)


def is_open(text: str, weekday: int, minute: int, *, holiday: bool = False) -> bool | None:
    """Whether it is open on a local day at a minute after midnight; None where that cannot be told.

    A public holiday is as its weekday, unless a rule names holidays.
    """
    rules = parse(text)
    if rules is None:
        return None
    today, yesterday = _spans(rules, weekday, holiday=holiday), _spans(rules, (weekday - 1) % 7, holiday=False)
    return any(start <= minute < end for start, end in today) or any(minute + 1440 < end for _, end in yesterday)


def _spans(rules: list[Rule], weekday: int, *, holiday: bool) -> tuple[tuple[int, int], ...]:
    named = [rule for rule in rules if HOLIDAY in rule.days and len(rule.days) < 8] if holiday else []
    chosen = named or [rule for rule in rules if weekday in rule.days]
    return chosen[-1].spans if chosen else ()
