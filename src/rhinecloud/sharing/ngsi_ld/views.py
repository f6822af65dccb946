"""How answers are to look, read from parameters or from a query in a body.

Source: ETSI GS CIM 009, 4.21 (projection), 4.5.5 (datasetId), 4.5.23 (join), 6.3.7 (format, options), 6.4.3.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from rhinecloud.base.errors import BadRequestData, InvalidRequest

from . import values
from .call import Call
from .negotiation import GEO_JSON
from .parse import Names
from .render import LOCATION, Projection, View

FORMS: Final = {"normalized": "normalized", "concise": "concise", "simplified": "simplified", "keyValues": "simplified"}
DEEPEST: Final = 10  # entities that lead to entities, and braces in braces
_MEMBERS: Final = frozenset(["id", "type", "scope", "createdAt", "modifiedAt", "expiresAt"])
_WHOLE: Final = View()  # views are not altered, so that these serve every request that wishes nothing
_WHOLE_GEO: Final = View(geo=True)
_PIECE = re.compile(r"[{},|]|[^{},|]+")


def view_of(call: Call, given: Mapping[str, Any] | None = None) -> View:
    """The view that parameters ask for, and, in a POST query, the members `given` of its body.

    Raises:
        InvalidRequest: a keyword that does not exist.
        BadRequestData: parameters that contradict each other or are malformed.
    """
    if not call.params and not given:
        return _WHOLE_GEO if call.media == GEO_JSON else _WHOLE
    wishes: Mapping[str, Any] = {**call.params, **(given or {})}
    expand = call.vocabulary.expand
    options = call.known_options(*FORMS, "sysAttrs")
    form = _form(call.params.get("format"), options)
    geo = call.media == GEO_JSON
    join, level = _join(wishes)
    attrs = items(wishes, "attrs")
    pick, omit = projection(items(wishes, "pick"), call.vocabulary), projection(items(wishes, "omit"), call.vocabulary)
    _agree(attrs, pick, omit, level if join else 0)
    if not geo and "geometryProperty" in wishes:
        raise BadRequestData("geometryProperty is only for answers in application/geo+json")
    datasets = items(wishes, "datasetId")
    for dataset in datasets or ():
        if dataset != "@none":
            values.uri(dataset, "datasetId")
    lang = wishes.get("lang", "")
    if type(lang) is not str:
        raise BadRequestData("lang is not a text")
    return View(
        form=form,
        sys_attrs="sysAttrs" in options,
        lang=lang,
        attrs=None if attrs is None else frozenset(map(expand, attrs)),
        pick=pick,
        omit=omit,
        datasets=None if datasets is None else frozenset(datasets),
        geo=geo,
        geometry=expand(wishes["geometryProperty"]) if wishes.get("geometryProperty") else LOCATION,
        join=join,
        join_level=level,
    )


def _form(format_: str | None, options: frozenset[str]) -> Literal["normalized", "concise", "simplified"]:
    if format_ is not None and format_ not in FORMS:
        raise InvalidRequest(f"There is no format {format_[:40]!r}; there are {', '.join(FORMS)}")
    names = [format_] if format_ else [name for name in FORMS if name in options]
    forms = {FORMS[name] for name in names}
    if len(forms) > 1:
        raise InvalidRequest("options names several formats")
    return cast(Literal["normalized", "concise", "simplified"], forms.pop()) if forms else "normalized"


def _join(wishes: Mapping[str, Any]) -> tuple[Literal["", "flat", "inline"], int]:
    join = wishes.get("join", "@none")
    level = wishes.get("joinLevel", 1)
    if join not in ("flat", "inline", "@none"):
        raise BadRequestData("join is flat, inline or @none")
    if type(level) is str and level.isascii() and level.isdigit() and len(level) < 5:
        level = int(level)
    if type(level) is not int or level < 1:
        raise BadRequestData("joinLevel is a positive integer")
    if "joinLevel" in wishes and join == "@none":
        raise BadRequestData("joinLevel is only for join=flat and join=inline")
    if level > DEEPEST:
        raise BadRequestData(f"joinLevel is at most {DEEPEST}")
    return ("", 1) if join == "@none" else (cast(Literal["flat", "inline"], join), level)


def items(wishes: Mapping[str, Any], name: str) -> list[str] | None:
    """A list that a parameter writes with commas and a body as an array."""
    given = wishes.get(name)
    if given is None:
        return None
    if type(given) is str:
        # Commas inside braces belong to the projection, which is parsed as one piece.
        given = [given] if name in ("pick", "omit") else given.split(",")
    if type(given) is not list or not given or any(type(item) is not str or not item.strip() for item in given):
        raise BadRequestData(f"{name} has an empty item" if given else f"{name} is empty")
    return [item.strip() for item in given]


def projection(given: list[str] | None, names: Names) -> Projection | None:
    """Names to pick or omit, those in braces under the relationship they belong to (4.21)."""
    if given is None:
        return None
    return _Pieces(",".join(given), names).projection(0)


class _Pieces:
    """A projection while it is read: names, braces and separators."""

    def __init__(self, text: str, names: Names) -> None:
        self._pieces = _PIECE.findall(text)
        self._at = 0
        self._names = names

    def projection(self, depth: int) -> Projection:
        if depth > DEEPEST:
            raise BadRequestData(f"A projection is at most {DEEPEST} levels deep")
        found: Projection = {}
        while True:
            name = self._next()
            if name in ("{", "}", ",", "|", ""):
                raise BadRequestData("A projection is a list of names, such as name,isParked{speed}")
            below: Projection = {}
            if self._peek() == "{":
                self._next()
                below = self.projection(depth + 1)
                if self._next() != "}":
                    raise BadRequestData("A brace of the projection is not closed")
            found[self._name(name.strip(), depth)] = below
            if self._peek() not in (",", "|"):
                break
            self._next()
        if depth == 0 and self._peek():
            raise BadRequestData("The projection has a brace too many")
        return found

    def _name(self, name: str, depth: int) -> str:
        return name if name in _MEMBERS else self._names.expand(name)

    def _peek(self) -> str:
        return self._pieces[self._at] if self._at < len(self._pieces) else ""

    def _next(self) -> str:
        piece = self._peek()
        self._at += 1
        return piece


def depth_of(given: Projection | None) -> int:
    """How many levels of braces a projection has."""
    return max((1 + depth_of(below) for below in given.values() if below), default=0) if given else 0


def _agree(attrs: list[str] | None, pick: Projection | None, omit: Projection | None, level: int) -> None:
    if attrs is not None and (pick is not None or omit is not None):
        raise BadRequestData("attrs cannot stand together with pick or omit")
    if pick is not None and omit is not None and any(not omit[name] and not pick[name] for name in pick.keys() & omit):
        raise BadRequestData("pick and omit name the same member")
    if max(depth_of(pick), depth_of(omit)) > level:
        raise BadRequestData("A projection into linked entities needs join, and a joinLevel as deep as its braces")
