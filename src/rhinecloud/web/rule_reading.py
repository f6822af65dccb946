"""What stands in the form of a rule, read: a `Rule` of insight, or what is wrong, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.declare import Label, Model
from rhinecloud.base.errors import RhineError
from rhinecloud.context import q as query_language
from rhinecloud.insight import SEVERITIES, Ahead, Change, Rule

from .catalogue import Sort
from .districts import districts
from .language import N_
from .rule_form import FORMS, OPERATORS, UNITS_S, number, q_number, turned

LONGEST_S: Final = 31 * 86_400
YES: Final = frozenset(("true", "ja", "yes", "1"))
Errors = dict[str, str]


def read(typed: Mapping[str, str], sort: Sort | None, model: Model, *, rule_id: str = "") -> tuple[Rule | None, Errors]:
    """The rule that a form says, or what is wrong, by field (texts that are translated where they are shown)."""
    reading = _Reading(typed, sort, model)
    return reading.rule(rule_id), reading.wrong


class _Reading:
    """One form while it is read."""

    def __init__(self, typed: Mapping[str, str], sort: Sort | None, model: Model) -> None:
        self._typed, self._sort, self._model = typed, sort, model
        self.wrong: Errors = {}
        self._attribute = sort.attribute(self._said("attr")) if sort else None
        self._attr = self._attribute.name if self._attribute else ""

    def _said(self, name: str) -> str:
        return self._typed.get(name, "").strip()

    def rule(self, rule_id: str) -> Rule | None:
        form = self._said("sort") if self._said("sort") in FORMS else "level"
        if self._sort is None:
            self.wrong["type"] = N_("Choose what the rule is about.")
        if not self._attr and form != "query":
            self.wrong["attr"] = N_("Choose a measured quantity.")
        made: dict[str, Any] = {"for_s": self._seconds("for", zero=True), "q": self._said("q")}
        made["until_q"] = self._said("until_q")
        made |= getattr(self, f"_{form}")()
        for name in ("q", "until_q"):
            self._check(name, made[name])
        made |= self._area()
        severity, title = self._said("severity"), self._label("title")
        if severity not in SEVERITIES:
            self.wrong["severity"] = N_("Choose how grave it is.")
        if not title.de:
            self.wrong["title_de"] = N_("Give the rule a name.")
        if self.wrong or self._sort is None:
            return None
        text = self._label("text")
        return Rule(
            id=rule_id,
            title=title,
            text=text if text.de else title,
            type=self._sort.name,
            attr=self._attr,
            severity=cast(Any, severity),
            playbook=self._said("playbook"),
            on=bool(self._said("on")),
            **made,
        )

    def _label(self, name: str) -> Label:
        """Both languages; where one is empty, it says what the other says."""
        de, en = self._said(f"{name}_de"), self._said(f"{name}_en")
        return Label(de or en, en or de)

    # ── the kinds of sentences ──────────────────────────────────────────────────────────────────────────────────────

    def _level(self) -> dict[str, Any]:
        operator = OPERATORS.get(self._said("how"), ">")
        level, besides = self._compared("value", operator), self._said("q")
        made: dict[str, Any] = {"q": f"{besides};{level}" if besides else level}
        if self._said("back"):
            ends = turned(operator)
            made["until_q"] = self._compared("back", ends[0]) if ends else ""
            limit, end = number(self._said("value")), number(self._said("back"))
            if limit is not None and end is not None and (end > limit if operator[0] == ">" else end < limit):
                self.wrong["back"] = N_("This must lie on the other side of the limit, so that it does not flutter.")
        return made

    def _change(self) -> dict[str, Any]:
        limit = abs(self._number("value"))
        way = {"above": limit} if self._said("way") == "above" else {"below": -limit}
        return {"change": Change(attr=self._attr, per_s=self._seconds("span"), **way)}

    def _silence(self) -> dict[str, Any]:
        return {"silent_s": self._seconds("span")}

    def _forecast(self) -> dict[str, Any]:
        way = "above" if self._said("way") == "above" else "below"
        limit = {way: self._number("value")}
        return {"forecast": Ahead(attr=self._attr, within_s=self._seconds("span"), **limit)}

    def _query(self) -> dict[str, Any]:
        if not self._said("q"):
            self.wrong["q"] = N_("Write a condition, such as temperature>30;relativeHumidity<0.2")
        return {}

    # ── the fields ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _compared(self, field: str, operator: str) -> str:
        """A comparison in the query language."""
        text, attribute = self._said(field), self._attribute
        if attribute is None:
            return ""
        if attribute.numeric:
            return f"{attribute.name}{operator}{q_number(self._number(field))}"
        if not text:
            self.wrong[field] = N_("Write a value.")
        elif operator not in ("==", "!="):
            self.wrong[field] = N_("Texts can only be compared with “is” and “is not”.")
        elif attribute.kind == "boolean":
            return f"{attribute.name}{operator}{'true' if text.lower() in YES else 'false'}"
        plain = text.replace('"', "")
        return f'{attribute.name}{operator}"{plain}"'

    def _number(self, field: str) -> float:
        found = number(self._said(field))
        if found is None:
            self.wrong[field] = N_("Write a number.")
        return found or 0.0

    def _seconds(self, field: str, *, zero: bool = False) -> float:
        text = self._said(f"{field}_n")
        found = number(text or "0") if zero else number(text)
        span = (found or 0.0) * UNITS_S.get(self._said(f"{field}_u"), 60)
        if found is None or span < 0 or (span == 0 and not zero) or span > LONGEST_S:
            self.wrong[f"{field}_n"] = N_("Write a length of time of up to 31 days.")
        return span

    def _check(self, field: str, text: str) -> None:
        terms = self._model.terms
        if not text or self.wrong:
            return
        try:
            query_language.parse(text, lambda term: terms.get(term, term))
        except RhineError as error:
            self.wrong[field] = error.detail

    def _area(self) -> dict[str, Any]:
        area = self._said("area")
        if not area:
            return {}
        if area != "drawn":
            if (district := districts().get(area)) is None:
                self.wrong["area"] = N_("There is no such district.")
                return {}
            return {"geo": {"georel": "within", "geometry": district.geometry}}
        try:
            geometry: Any = geo.check(msgspec.json.decode(self._said("geometry")))
        except (msgspec.DecodeError, RhineError):
            geometry = {}
        if geometry.get("type") not in ("Polygon", "MultiPolygon"):
            self.wrong["area"] = N_("Draw an area on the map.")
        return {"geo": {"georel": "within", "geometry": geometry}}
