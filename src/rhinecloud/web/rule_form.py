"""A rule as the fields of the form that reads like a sentence; `rule_reading` is the way back.

Five kinds of sentences cover what a rule can say; whatever else its `q` says stays in the field of experts.
"""

from __future__ import annotations

import math
import re
from typing import Final

import msgspec

from rhinecloud.insight import Rule

from .catalogue import Sort
from .districts import districts

FORMS: Final = ("level", "change", "silence", "forecast", "query")
SEVERITIES: Final = ("info", "minor", "major", "critical")
OPERATORS: Final = {"above": ">", "below": "<", "least": ">=", "most": "<=", "is": "==", "not": "!="}
UNITS_S: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_LEVEL: Final = re.compile(
    r'\s*([A-Za-z_][\w:/.#-]*?)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"[^"]*"|true|false)\s*\Z'
)
Fields = dict[str, str]


def empty(sort: Sort | None) -> Fields:
    """The form of a new rule, about the attribute that stands for things of that type."""
    numbers = [a for a in sort.attributes if a.numeric] if sort else []
    attr = next((a.name for a in numbers if a.main), numbers[0].name if numbers else "")
    return {
        "type": sort.name if sort else "",
        "sort": "level",
        "attr": attr,
        "how": "above",
        "value": "",
        "for_n": "0",
        "for_u": "min",
        "back": "",
        "span_n": "1",
        "span_u": "h",
        "way": "above",
        "severity": "minor",
        "q": "",
        "until_q": "",
        "area": "",
        "geometry": "",
        "playbook": "",
        "title_de": "",
        "title_en": "",
        "text_de": "",
        "text_en": "",
        "on": "1",
    }


def fields(rule: Rule, language: str) -> Fields:
    """The form of a rule."""
    shown = empty(None) | {
        "type": rule.type,
        "attr": rule.attr,
        "severity": rule.severity,
        "playbook": rule.playbook,
        "until_q": rule.until_q,
        "on": "1" if rule.on else "",
        "title_de": rule.title.de,
        "title_en": rule.title.en,
        "text_de": rule.text.de,
        "text_en": rule.text.en,
    }
    shown["for_n"], shown["for_u"] = stretch(rule.for_s, language)
    shown |= _where(rule)
    if rule.change is not None:
        limit, way = (rule.change.above, "above") if rule.change.above is not None else (rule.change.below, "below")
        span = stretch(rule.change.per_s, language)
        shown |= {"sort": "change", "attr": rule.change.attr, "way": way, "value": _figure(abs(limit or 0), language)}
        shown |= {"span_n": span[0], "span_u": span[1], "q": rule.q}
    elif rule.silent_s:
        span = stretch(rule.silent_s, language)
        shown |= {"sort": "silence", "span_n": span[0], "span_u": span[1], "q": rule.q}
    elif rule.forecast is not None:
        ahead = rule.forecast
        limit, way = (ahead.above, "above") if ahead.above is not None else (ahead.below, "below")
        span = stretch(ahead.within_s, language)
        shown |= {"sort": "forecast", "attr": ahead.attr, "way": way, "value": _figure(limit or 0, language)}
        shown |= {"span_n": span[0], "span_u": span[1], "q": rule.q}
    elif (found := _level_of(rule)) is not None:
        attr, operator, value = found[0].groups()
        shown["q"] = found[1]
        how = next(k for k, v in OPERATORS.items() if v == operator)
        shown |= {"sort": "level", "attr": attr, "how": how, "value": _plain(value, language)}
        back = _LEVEL.match(rule.until_q)
        if back and back[1] == attr and back[2] in turned(operator):
            shown |= {"back": _plain(back[3], language), "until_q": ""}
    else:
        shown |= {"sort": "query", "q": rule.q}
    return shown


def stretch(span_s: float, language: str) -> tuple[str, str]:
    """(number, unit) in the largest unit that leaves no fraction."""
    for unit in ("d", "h", "min"):
        if span_s and span_s % UNITS_S[unit] == 0:
            return str(int(span_s // UNITS_S[unit])), unit
    return _figure(span_s, language), "s" if span_s else "min"


def split(q: str) -> list[str]:
    """The parts of a condition between its outermost semicolons."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, sign in enumerate(q):
        if sign == '"' and (at == 0 or q[at - 1] != "\\"):
            quoted = not quoted
        elif not quoted and sign in "([{":
            depth += 1
        elif not quoted and sign in ")]}":
            depth -= 1
        elif not quoted and not depth and sign == ";":
            parts.append(q[start:at])
            start = at + 1
    parts.append(q[start:])
    return [p.strip() for p in parts if p.strip()]


def number(text: str) -> float | None:
    """A number as people write it, with a comma or a point; None where it is none."""
    try:
        found = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _level_of(rule: Rule) -> tuple[re.Match[str], str] | None:
    """The comparison that a condition is about, and what has to hold besides; None: it is another kind of condition."""
    parts = split(rule.q)
    found = [m for p in parts if (m := _LEVEL.match(p)) and (len(parts) == 1 or m[1] == rule.attr)]
    if len(found) != 1 or "|" in rule.q:
        return None
    return found[0], ";".join(p for p in parts if p.strip() != found[0][0].strip())


def _where(rule: Rule) -> Fields:
    if not rule.geo:
        return {}
    geometry = rule.geo.get("geometry")
    known = next((d for d in districts().values() if d.geometry == geometry), None)
    if known is not None:
        return {"area": known.name}
    return {"area": "drawn", "geometry": msgspec.json.encode(geometry).decode()}


def turned(operator: str) -> tuple[str, ...]:
    """What ends a state that began with `operator`."""
    return {">": ("<", "<="), ">=": ("<", "<="), "<": (">", ">="), "<=": (">", ">=")}.get(operator, ())


def q_number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _plain(text: str, language: str) -> str:
    found = number(text)
    return _figure(found, language) if found is not None else text.strip('"')


def _figure(value: float, language: str) -> str:
    text = q_number(value)
    return text.replace(".", ",") if language == "de" else text
