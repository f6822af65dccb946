"""The query language: text into a tree of conditions. What a condition means on an entity is in `matching.py`.

    Condition = All(parts) | Any(parts) | Term(path, operator, values)

``;`` is and, ``|`` is or, and binds stronger. A path is an attribute, then sub-attributes after dots, then members of
the value in brackets; ``rel{Type:attr}`` goes on in the entity that a relationship points at.
Source: ETSI GS CIM 009 V1.9.1, 4.9.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from typing import Any, Final, NoReturn

import msgspec

from rhinecloud.base.errors import BadRequestData, TooComplexQuery

from .patterns import searcher
from .scalars import instant

LONGEST: Final = 8_192
DEEPEST: Final = 20
MOST_TERMS: Final = 200
SYSTEM: Final = frozenset(
    (
        "id",
        "type",
        "scope",
        "createdAt",
        "modifiedAt",
        "deletedAt",
        "expiresAt",
        "observedAt",
        "unitCode",
        "datasetId",
        "instanceId",
        "objectType",
        "lang",
    )
)
"""Members that the standard names itself: never expanded."""

Expand = Callable[[str], str]


class Instant(msgspec.Struct, frozen=True):
    """A date and time that was written without quotes; compared as a moment."""

    us: int
    text: str


Literal = float | int | bool | str | Instant


class Range(msgspec.Struct, frozen=True):
    """Both ends are included."""

    low: Literal
    high: Literal


class Path(msgspec.Struct, frozen=True):
    """Where a condition looks. Names are expanded but for `SYSTEM`.

    `trail` are members of the compound value (or a language; ``*`` any); `link` goes on in the entity that the
    relationship points at, where it has one of `types` (any, where there are none).
    """

    attr: str
    subs: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    link: Path | None = None
    types: tuple[str, ...] = ()


class Term(msgspec.Struct, frozen=True):
    """One comparison; operator "" asks whether there is such a thing, "!" whether there is none."""

    path: Path
    operator: str = ""
    values: tuple[Literal | Range, ...] = ()


class All(msgspec.Struct, frozen=True):
    parts: tuple[Condition, ...]


class Any_(msgspec.Struct, frozen=True):
    parts: tuple[Condition, ...]


Condition = All | Any_ | Term

_OPERATOR: Final = re.compile(r"==|!=|>=|<=|!~=|~=|>|<")
_NAME: Final = re.compile(r"[^\s=!<>~;|()\[\]{},\"]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r"(?:(?!\.\.)[^;|(),\"\[\]{}])+")


def parse(text: str, expand: Expand, expand_values: Collection[str] = ()) -> Condition:
    """The condition that `q` says.

    Args:
        expand: a term to its expanded name.
        expand_values: attributes, as written in `text`, whose values are terms to be expanded too.
    Raises:
        BadRequestData: it is not of the grammar; the message says where.
        TooComplexQuery: it is longer or deeper than is answered.
    """
    if len(text) > LONGEST:
        raise TooComplexQuery(f"q may have {LONGEST} characters, this one has {len(text)}")
    parser = _Parser(text, expand, frozenset(expand_values))
    found = parser.either(0)
    if parser.at < len(text):
        parser.fail("an operator, ; or | is expected")
    return found


def attributes_of(condition: Condition | None) -> frozenset[str]:
    """The attributes that a condition looks at, expanded; not those of linked entities."""
    if condition is None:
        return frozenset()
    if isinstance(condition, Term):
        return frozenset([condition.path.attr])
    return frozenset().union(*(attributes_of(part) for part in condition.parts))


def has_links(condition: Condition | None) -> bool:
    """Whether a condition goes on in linked entities."""
    if condition is None:
        return False
    if isinstance(condition, Term):
        return condition.path.link is not None
    return any(has_links(part) for part in condition.parts)


def parse_path(text: str, expand: Expand) -> Path:
    """A path on its own, as orderBy and pick have it.

    Raises:
        BadRequestData: it is not of the grammar.
    """
    parser = _Parser(text, expand, frozenset())
    path, _ = parser.path(0)
    if parser.at < len(text):
        parser.fail("the end is expected")
    return path


class _Parser:
    def __init__(self, text: str, expand: Expand, expand_values: frozenset[str]) -> None:
        self.text = text
        self.at = 0
        self._expand = expand
        self._expand_values = expand_values
        self._terms = 0

    def fail(self, what: str) -> NoReturn:
        near = self.text[self.at : self.at + 30]
        raise BadRequestData(
            f"q: {what} at position {self.at + 1}, where there is {near!r}" if near else f"q: {what} at its end"
        )

    def _take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def either(self, depth: int) -> Condition:
        parts = [self._every(depth)]
        while self._take("|"):
            parts.append(self._every(depth))
        return parts[0] if len(parts) == 1 else Any_(tuple(parts))

    def _every(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self._take(";"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise TooComplexQuery(f"q is nested more than {DEEPEST} deep")
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                self.fail("a closing parenthesis is expected")
            return inner
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise TooComplexQuery(f"q has more than {MOST_TERMS} conditions")
        absent = self.text.startswith("!", self.at) and not self.text.startswith(("!=", "!~"), self.at)
        self.at += absent
        path, written = self.path(depth)
        match = _OPERATOR.match(self.text, self.at)
        if match is None or absent:
            return Term(path, "!" if absent else "")
        operator = match[0]
        self.at = match.end()
        if operator in ("~=", "!~="):
            return Term(path, operator, (self._pattern(),))
        values = self._values(operator)
        if written in self._expand_values:
            values = tuple(self._expand(v) if isinstance(v, str) else v for v in values)
        return Term(path, operator, values)

    def path(self, depth: int) -> tuple[Path, str]:
        """A path and its attribute as it was written."""
        match = _NAME.match(self.text, self.at)
        if match is None:
            self.fail("the name of an attribute is expected")
        self.at = match.end()
        written = match[0]
        # An expanded name has dots of its own.
        names = [written] if "://" in written or written.startswith("urn:") else written.split(".")
        if not all(names):
            self.fail("a name is expected beside the dot")
        attr, *subs = (n if n in SYSTEM else self._expand(n) for n in names)
        trail: list[str] = []
        while self._take("["):
            end = self.text.find("]", self.at)
            if end < 0:
                self.fail("a closing bracket is expected")
            trail += [part.strip().strip("\"'") for part in self.text[self.at : end].split(".")]
            self.at = end + 1
            while self._take("."):  # address[city].name goes on inside the value
                match = _NAME.match(self.text, self.at)
                if match is None:
                    self.fail("a name is expected after the dot")
                self.at = match.end()
                trail += match[0].split(".")
        if self._take("{"):
            link, types = self._linked(depth + 1)
            return Path(attr, tuple(subs), tuple(trail), link, types), written
        return Path(attr, tuple(subs), tuple(trail)), written

    def _linked(self, depth: int) -> tuple[Path, tuple[str, ...]]:
        if depth > DEEPEST:
            raise TooComplexQuery(f"q is nested more than {DEEPEST} deep")
        types: tuple[str, ...] = ()
        hint = re.compile(r"([^\s=!<>~;|()\[\]{}\":]+(?:,[^\s=!<>~;|()\[\]{}\":]+)*):(?!/)").match(self.text, self.at)
        if hint:
            types = tuple(self._expand(t) for t in hint[1].split(","))
            self.at = hint.end()
        path, _ = self.path(depth)
        if not self._take("}"):
            self.fail("a closing brace is expected")
        return path, types

    def _values(self, operator: str) -> tuple[Literal | Range, ...]:
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        if operator not in ("==", "!=") and (len(values) > 1 or isinstance(values[0], Range)):
            self.fail(f"{operator} takes a single value, lists and ranges go with == and != only,")
        return tuple(values)

    def _value(self) -> Literal | Range:
        low = self._literal()
        if not self._take(".."):
            return low
        high = self._literal()
        if type(low) is not type(high) and not (isinstance(low, int | float) and isinstance(high, int | float)):
            self.fail("both ends of a range are of one kind")
        return Range(low, high)

    def _literal(self) -> Literal:
        quoted = _QUOTED.match(self.text, self.at)
        if quoted:
            self.at = quoted.end()
            return _unescape(quoted[1])
        if match := _NUMBER.match(self.text, self.at):
            rest = self.text[match.end() : match.end() + 2]
            if not rest or rest[0] in ";|,)" or rest == "..":
                self.at = match.end()
                return self._number(match[0])
        bare = _BARE.match(self.text, self.at)
        if bare is None:
            self.fail("a value is expected")
        self.at = bare.end()
        word = bare[0].strip()
        if word in ("true", "false"):
            return word == "true"
        us = instant(word)
        return word if us is None else Instant(us, word)

    def _number(self, text: str) -> float | int:
        number: float | int = float(text) if any(c in text for c in ".eE") else int(text)
        if isinstance(number, float) and not math.isfinite(number):
            self.fail("a number of that size cannot be compared")
        return number

    def _pattern(self) -> str:
        quoted = _QUOTED.match(self.text, self.at)
        if quoted:
            self.at = quoted.end()
            pattern = quoted[1].replace('\\"', '"')
        else:
            begun, depth = self.at, 0
            while self.at < len(self.text):
                char = self.text[self.at]
                if depth == 0 and char in ";|)":
                    break
                depth += (char in "([") - (char in ")]")
                self.at += 2 if char == "\\" else 1
            pattern = self.text[begun : self.at]
        if not pattern:
            self.fail("a pattern is expected")
        searcher(pattern)  # refused now where it is none
        return pattern


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        decoded: Any = msgspec.json.decode(f'"{text}"'.encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        return re.sub(r"\\(.)", r"\1", text)
    return str(decoded)
