"""What a table of the explorer asks for, read from its address, and the same as a call of the API.

The condition is one text in the query language (`q`), whoever wrote it: the builder of the page adds to it, the chips
show its parts in words, and the call below the table has it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.context import GeoQuery, Order, Query, Types
from rhinecloud.context import q as query_language

from .catalogue import Choosable, Sort
from .districts import districts
from .language import N_, words
from .rule_form import number, q_number, split

OPERATORS: Final = {
    ">": N_("above"),
    "<": N_("below"),
    ">=": N_("at least"),
    "<=": N_("at most"),
    "==": N_("is"),
    "!=": N_("is not"),
    "~=": N_("contains"),
    "": N_("is there"),
    "!": N_("is not there"),
}
COLUMNS: Final = 6
ENOUGH: Final = 4
"""Columns of who has not chosen."""
_PART: Final = re.compile(r"(!?)([A-Za-z_][\w:/.#-]*)(?:(>=|<=|==|!=|~=|>|<)(.+))?\Z", re.DOTALL)
_PLAIN: Final = ("name", "location", "address", "source", "refDevice", "dataProvider", "alternateName", "description")


class Chip(msgspec.Struct, kw_only=True):
    """One part of the condition, in words."""

    text: str
    rest: str  # the condition without it


class Asking(msgspec.Struct, kw_only=True):
    """A table as its address says it."""

    sort: Sort
    q: str
    text: str  # part of a name
    district: str
    columns: list[Choosable]
    order: str  # term, "" is the order of their making
    descending: bool

    @property
    def condition(self) -> str:
        """`q` with the search for a name."""
        if not self.text:
            return self.q
        named = f'name~="(?i){escaped(self.text)}"'
        return f"({self.q});{named}" if self.q else named

    def query(self, model: Model, readable: frozenset[str] | None, *, limit: int, offset: int) -> Query:
        """Raises: BadRequestData: the condition is not of the grammar."""
        expand = model.terms.get
        condition = self.condition
        order: tuple[Order, ...] = ()
        if self.order:
            path = query_language.parse_path(self.order, lambda term: expand(term, term))
            order = (Order(path, self.descending),)
        district = districts().get(self.district)
        return Query(
            types=Types((self.sort.iri,)),
            q=query_language.parse(condition, lambda term: expand(term, term)) if condition else None,
            geo=GeoQuery("within", district.geometry) if district else None,
            readable=readable,
            order=order,
            collation="de" if order else "",
            limit=limit,
            offset=offset,
            count=True,
        )

    def call(self, root: str, tenant: str) -> str:
        """The same as a call of the API, to be pasted into a terminal."""
        asked: dict[str, str] = {"type": self.sort.name}
        if self.condition:
            asked["q"] = self.condition
        if district := districts().get(self.district):
            coordinates = msgspec.json.encode(district.geometry["coordinates"]).decode()
            asked |= {"georel": "within", "geometry": "MultiPolygon", "coordinates": coordinates}
        if self.columns:
            asked["attrs"] = ",".join(["name", *(c.name for c in self.columns if c.name != "name")])
        if self.order:
            asked["orderBy"] = self.order + (";desc" if self.descending else "")
        asked["limit"] = "1000"
        header = f' \\\n  -H "NGSILD-Tenant: {tenant}"' if tenant else ""
        address = f"{root}/ngsi-ld/v1/entities?{urlencode(asked, quote_via=quote, safe=',;')}"
        return f'curl "{address}" \\\n  -H "Authorization: Bearer $TOKEN"{header}'


def read(given: Any, sort: Sort) -> Asking:
    """The table of an address; `given` is its query, with its additions taken over (`add`)."""
    wished = given.getall("col", []) or [c for c in given.get("cols", "").split(",") if c]
    by_name = {a.name: a for a in sort.attributes}
    order, _, way = given.get("sort", "")[:100].partition(".")
    return Asking(
        sort=sort,
        q=given.get("q", "")[:4_000].strip(),
        text=given.get("text", "")[:100].strip(),
        district=given.get("district", "") if given.get("district", "") in districts() else "",
        columns=[by_name[c] for c in wished if c in by_name][:40] or usual(sort),
        order=order if order in by_name else "",
        descending=way == "down",
    )


def usual(sort: Sort) -> list[Choosable]:
    """The columns that tell most: the main attribute and what people ask for; where that is little, figures and words
    beside it, in the order of their declaration."""
    shown = [a for a in sort.attributes if a.kind in ("number", "integer", "text", "boolean") and a.name not in _PLAIN]
    first = [a for a in shown if a.main] + [a for a in shown if a.asked and not a.main]
    others = sorted((a for a in shown if not a.main and not a.asked), key=lambda a: not a.numeric)
    return first[:COLUMNS] if len(first) >= ENOUGH else [*first, *others][:COLUMNS]


def added(given: Mapping[str, str], sort: Sort) -> str | None:
    """The condition with what the builder adds; None: it adds nothing."""
    attribute, operator = sort.attribute(given.get("add_attr", "")), given.get("add_op", "")
    text = given.get("add_value", "").strip()[:200]
    if attribute is None or operator not in OPERATORS or (not text and operator not in ("", "!")):
        return None
    if operator in ("", "!"):
        part = f"{operator}{attribute.name}"
    elif operator == "~=":
        part = f'{attribute.name}~="(?i){escaped(text)}"'
    elif attribute.numeric:
        value = number(text)
        if value is None:
            return None
        part = f"{attribute.name}{operator}{q_number(value)}"
    elif attribute.kind == "boolean" and text.lower() in ("true", "false"):
        part = f"{attribute.name}{operator}{text.lower()}"
    else:
        plain = text.replace('"', "")
        part = f'{attribute.name}{operator}"{plain}"'
    q = given.get("q", "").strip()
    return f"{q};{part}" if q else part


def chips(asking: Asking, language: str) -> list[Chip]:
    """The parts of the condition that all have to hold, in words where they are simple."""
    parts = split(asking.q)
    found = []
    for at, part in enumerate(parts):
        rest = ";".join(p for n, p in enumerate(parts) if n != at)
        found.append(Chip(text=said(part, asking.sort, language), rest=rest))
    return found


def escaped(text: str) -> str:
    """A text as a pattern that finds just it, inside quotation marks."""
    return re.sub(r"([.\\+*?\[\](){}^$|#])", r"[\1]", text.replace('"', "").replace("\\", ""))


def said(part: str, sort: Sort, language: str) -> str:
    """One part of a condition in words, where it is simple; else as it is written."""
    say = words(language)
    match = _PART.match(part)
    attribute = sort.attribute(match[2]) if match else None
    if match is None or attribute is None or "|" in part:
        return part
    not_there, _, operator, value = match.groups()
    if operator is None:
        return f"{attribute.label} {say(OPERATORS['!' if not_there else ''])}"
    value = value.strip('"').removeprefix("(?i)").replace("[", "").replace("]", "")
    found = number(value)
    if found is not None:
        value = q_number(found).replace(".", ",") if language == "de" else q_number(found)
    return f"{attribute.label} {say(OPERATORS[operator])} {value}{' ' + attribute.unit if attribute.unit else ''}"
