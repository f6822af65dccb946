"""What a rule or an indicator may be: each check gives the reason, and where it can what to write instead."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any, Final

from rhinecloud.base.declare import DEFAULT_NAMESPACE, Attribute, Model
from rhinecloud.base.errors import BadRequestData, RhineError
from rhinecloud.base.model import Entity
from rhinecloud.base.units import UNITS
from rhinecloud.context import Condition, q

from .declare import SEVERITIES, Ahead, Change, Indicator, Rule
from .entities import ALERT, KPI
from .standing import Expand, Standing
from .wording import PLACES, unknown_places

LONGEST_S: Final = 366 * 86_400
_SAMPLES: Final = 4_096


def check_rule(rule: Rule, model: Model, expand: Expand, seen: Collection[str] = ()) -> Standing:
    """The rule compiled, once everything about it is right.

    Args:
        seen: types that entities have here, whether declared or not.
    Raises:
        BadRequestData: something is not; the message says what.
    """
    check_type(rule.type, model, expand, seen)
    if expand(rule.type) == ALERT.iri:
        raise BadRequestData("A rule about alerts would make alerts of alerts; write it about what they are about")
    _check_texts(rule)
    _check_times(rule)
    standing = _compiled(rule, expand)
    if not (rule.q or rule.geo or rule.change or rule.silent_s or rule.forecast):
        raise BadRequestData("The rule says nothing: it needs q, geo, change, silent_s or forecast")
    for name, condition in (("q", standing.condition), ("until_q", standing.until_condition)):
        if q.has_links(condition):
            raise BadRequestData(f"{name}: a rule looks at one entity; it cannot follow relationships to others")
        _check_limits(name, condition, standing.type, model)
    if rule.silent_s and not standing.attr:
        raise BadRequestData("silent_s: say in attr which attribute is not to be silent")
    _check_known(standing, model)
    _check_hysteresis(rule, standing)
    return standing


def _compiled(rule: Rule, expand: Expand) -> Standing:
    for name, given in (("q", rule.q), ("until_q", rule.until_q)):
        try:
            if given:
                q.parse(given, expand)
        except RhineError as error:
            raise BadRequestData(f"{name}: {error.detail.removeprefix('q: ')}") from error
    return Standing(rule, expand)


def check_type(given: str, model: Model, expand: Expand, seen: Collection[str]) -> None:
    """Raises BadRequestData where there is no such type."""
    if not given:
        raise BadRequestData("type: say what the rule is about")
    iri = expand(given)
    if iri in model.types or iri in seen:
        return
    names = [kind.name for kind in model.types.values()]
    near = get_close_matches(given, names, 1, 0.6)
    raise BadRequestData(
        f"type: {given[:80]!r} does not exist"
        + (f"; did you mean {near[0]}?" if near else f"; there are {_few(names)}")
    )


def _few(names: list[str]) -> str:
    return ", ".join(sorted(names)[:12]) + (" …" if len(names) > 12 else "")


def _check_texts(rule: Rule) -> None:
    if rule.severity not in SEVERITIES:
        raise BadRequestData(f"severity: {str(rule.severity)[:40]!r} does not exist; there are {', '.join(SEVERITIES)}")
    for name, label, most in (("title", rule.title, 200), ("text", rule.text, 2_000)):
        if not (label.de.strip() and label.en.strip()):
            raise BadRequestData(f"{name}: is needed in German and in English")
        if max(len(label.de), len(label.en)) > most:
            raise BadRequestData(f"{name}: has at most {most} characters")
    if wrong := unknown_places(rule.text):
        known = " ".join(f"{{{name}}}" for name in PLACES)
        raise BadRequestData(f"text: {{{wrong[0][:40]}}} means nothing; there are {known}")


def _check_times(rule: Rule) -> None:
    for name, given in (("for_s", rule.for_s), ("silent_s", rule.silent_s)):
        if not (math.isfinite(given) and 0 <= given <= LONGEST_S):
            raise BadRequestData(f"{name}: is a number of seconds from 0 to {LONGEST_S}, not {given}")
    timed: list[tuple[str, Change | Ahead | None, float]] = [
        ("change", rule.change, rule.change.per_s if rule.change else 1),
        ("forecast", rule.forecast, rule.forecast.within_s if rule.forecast else 1),
    ]
    for name, part, seconds in timed:
        if part is None:
            continue
        if not (math.isfinite(seconds) and 0 < seconds <= LONGEST_S):
            raise BadRequestData(f"{name}: its stretch of time is from 0 to {LONGEST_S} seconds, not {seconds}")
        if (part.above is None) == (part.below is None):
            raise BadRequestData(f"{name}: give either above or below")
        if not part.attr:
            raise BadRequestData(f"{name}: attr is missing")
    if rule.change is not None:
        if rule.change.above is not None and rule.change.above < 0:
            raise BadRequestData("change: above is by how much it rises, a positive number")
        if rule.change.below is not None and rule.change.below > 0:
            raise BadRequestData("change: below is by how much it falls, a negative number")


def _check_known(standing: Standing, model: Model) -> None:
    """A term that nobody knows and that looks like a declared attribute is a slip; others may be a city's own."""
    declared = [a.name for a in model.attributes(standing.type)]
    for attr in sorted(standing.watched):
        name = attr.removeprefix(DEFAULT_NAMESPACE)
        near = get_close_matches(name, declared, 1, 0.75) if name != attr else []
        if near:
            raise BadRequestData(f"{standing.rule.type} has no attribute {name!r}; did you mean {near[0]}?")


def _check_limits(where: str, condition: Condition | None, kind: str, model: Model) -> None:
    """A limit that no value can reach is one in another unit, most of the time."""
    for attr, value in limits(condition):
        declared = model.attribute(kind, attr)
        if declared is None or declared.minimum is None or declared.maximum is None:
            continue
        if not declared.minimum <= value <= declared.maximum:
            raise BadRequestData(
                f"{where}: {declared.name} lies between {_measured(declared.minimum, declared)} and"
                f" {_measured(declared.maximum, declared)}, so {value:g} is never reached; the limit is in"
                f" {_unit(declared)}"
            )


def _measured(value: float, attribute: Attribute) -> str:
    symbol = UNITS[attribute.unit].symbol if attribute.unit and attribute.unit in UNITS else ""
    return f"{value:g} {symbol}".strip()


def _unit(attribute: Attribute) -> str:
    if not attribute.unit or attribute.unit not in UNITS:
        return "the figure's own unit"
    unit = UNITS[attribute.unit]
    return f"{unit.label.en} ({unit.symbol})" if unit.symbol else unit.label.en


def limits(condition: Condition | None) -> Iterator[tuple[str, float]]:
    """(attribute, number) of every plain comparison with a number."""
    if isinstance(condition, q.Term):
        path = condition.path
        if path == q.Path(path.attr) and path.attr not in q.SYSTEM:
            for value in condition.values:
                for number in (value.low, value.high) if isinstance(value, q.Range) else (value,):
                    if isinstance(number, int | float) and not isinstance(number, bool):
                        yield path.attr, float(number)
    elif condition is not None:
        for part in condition.parts:
            yield from limits(part)


def _check_hysteresis(rule: Rule, standing: Standing) -> None:
    """Looks for values at which the rule would be raised and cleared at once."""
    if standing.matches is None or standing.until is None:
        return
    for sample in _samples(standing):
        if standing.matches(sample) and standing.until(sample):
            shown = ", ".join(f"{attr.rpartition('/')[2]} = {i[0]['value']}" for attr, i in sample["attrs"].items())
            raise BadRequestData(
                f"until_q: {rule.until_q} is already true where q holds, as at {shown}; the alert would be raised and"
                " cleared at once"
            )


def _samples(standing: Standing) -> Iterator[Entity]:
    """Entities at, between and beyond the limits that the two conditions name."""
    values: dict[str, list[Any]] = {}
    for condition in (standing.condition, standing.until_condition):
        for attr, literal in _literals(condition):
            values.setdefault(attr, []).append(literal)
    spread = {attr: _spread(given) for attr, given in values.items()}
    for combination in itertools.islice(itertools.product(*spread.values()), _SAMPLES):
        attrs = {a: [{"type": "Property", "value": v}] for a, v in zip(spread, combination, strict=True)}
        yield {"id": "urn:sample", "type": [standing.type], "attrs": attrs, "_c": 0, "_m": 0}


def _literals(condition: Condition | None) -> Iterator[tuple[str, Any]]:
    if isinstance(condition, q.Term):
        path = condition.path
        if path == q.Path(path.attr) and path.attr not in q.SYSTEM:
            for value in condition.values:
                yield from (
                    (path.attr, v) for v in ((value.low, value.high) if isinstance(value, q.Range) else (value,))
                )
    elif condition is not None:
        for part in condition.parts:
            yield from _literals(part)


def _spread(given: list[Any]) -> list[Any]:
    numbers = sorted({float(v) for v in given if isinstance(v, int | float) and not isinstance(v, bool)})
    found: list[Any] = []
    if numbers:
        step = max(abs(numbers[-1]), abs(numbers[0]), 1.0)
        between = [(a + b) / 2 for a, b in itertools.pairwise(numbers)]
        found = [round(v, 9) for v in sorted({*numbers, *between, numbers[0] - step, numbers[-1] + step})]
    words = list(dict.fromkeys(v for v in given if isinstance(v, str | bool)))
    return found + words + (["…"] if any(isinstance(v, str) for v in words) else []) or [0]


def check_indicator(indicator: Indicator, model: Model, expand: Expand) -> None:
    """Raises BadRequestData where an indicator cannot be computed as it is declared."""
    check_type(indicator.type, model, expand, ())
    if expand(indicator.type) == KPI.iri:
        raise BadRequestData("An indicator of indicators would never come to rest")
    if indicator.method in ("mean", "sum", "min", "max", "ratio") and not indicator.attr:
        raise BadRequestData(f"Indicator {indicator.id}: {indicator.method} needs an attribute")
    if indicator.method == "ratio" and not indicator.of:
        raise BadRequestData(f"Indicator {indicator.id}: a ratio needs the attribute of its denominator (of)")
    if indicator.method == "share" and not indicator.q:
        raise BadRequestData(f"Indicator {indicator.id}: a share needs the condition that is counted (q)")
    if indicator.q:
        q.parse(indicator.q, expand)
