"""The scope query language: which places in the scope tree an entity has to lie at.

A pattern is a path; ``+`` stands for one level of any name, a last ``#`` for the path itself and all below it.
Source: ETSI GS CIM 009 V1.9.1, 4.19.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from rhinecloud.base.errors import BadRequestData

_PATTERN: Final = re.compile(r"/?(?:[^\W]+|\+)(?:/(?:[^\W]+|\+))*(?:/#)?\Z|/#\Z")
_MOST: Final = 100


class ScopeQuery(msgspec.Struct, frozen=True):
    """Alternatives, each a conjunction of patterns (with their leading slash)."""

    alternatives: tuple[tuple[str, ...], ...]

    def matcher(self) -> Callable[[Iterable[str]], bool]:
        """A function that says whether an entity with these scopes matches."""
        compiled = [[_compile(p) for p in patterns] for patterns in self.alternatives]

        def matches(scopes: Iterable[str]) -> bool:
            known = ["/" + s.lstrip("/") for s in scopes]
            return any(all(any(p.match(s) for s in known) for p in patterns) for patterns in compiled)

        return matches


def parse(text: str) -> ScopeQuery:
    """The scope query that `scopeQ` says.

    Raises:
        BadRequestData: it is not of the grammar.
    """
    alternatives = []
    for part in re.split(r"[|,](?![^(]*\))", text):
        inner = part.strip()
        if inner.startswith("(") and inner.endswith(")"):
            inner = inner[1:-1]
        patterns = tuple(p.strip() for p in inner.split(";"))
        for pattern in patterns:
            if not _PATTERN.match(pattern):
                raise BadRequestData(
                    f"scopeQ: {pattern[:80]!r} is not a scope such as /Duisburg/Ruhrort, /+/Ruhrort or /Duisburg/#"
                )
        alternatives.append(tuple("/" + p.lstrip("/") for p in patterns))
    if sum(map(len, alternatives)) > _MOST:
        raise BadRequestData(f"scopeQ: at most {_MOST} scopes can be asked for at once")
    return ScopeQuery(tuple(alternatives))


def _compile(pattern: str) -> re.Pattern[str]:
    if pattern == "/#":
        return re.compile(r"/.*\Z")
    below = pattern.endswith("/#")
    levels = pattern[1 : -2 if below else None].split("/")
    # A level matches a name without a slash, so that the time is linear in the text.
    path = "/".join("[^/]+" if level == "+" else re.escape(level) for level in levels)
    return re.compile(f"/{path}{'(?:/.*)?' if below else ''}\\Z")
