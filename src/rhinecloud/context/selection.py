"""The type selection language: which sets of types an entity may have.

``A,B`` or ``A|B``: one of them; ``A;B``: both; parentheses group. Evaluated once a kind (a set of types that occurs),
never once an entity. Source: ETSI GS CIM 009 V1.9.1, 4.17.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from rhinecloud.base.errors import BadRequestData

_TOKEN: Final = re.compile(r"\s*([()|,;]|[^()|,;\s]+)")
_MOST: Final = 200
_DEEPEST: Final = 20


class Types(msgspec.Struct, frozen=True):
    """All (`every`) or any of the parts; a part is an expanded type name or again a selection."""

    parts: tuple[str | Types, ...]
    every: bool = False

    def accepts(self, types: frozenset[str]) -> bool:
        """Whether an entity with exactly these types is selected."""
        test = all if self.every else any
        return test(part in types if isinstance(part, str) else part.accepts(types) for part in self.parts)

    def names(self) -> frozenset[str]:
        """Every type that is named."""
        return frozenset().union(*([part] if isinstance(part, str) else part.names() for part in self.parts))


def parse(text: str, expand: Callable[[str], str]) -> Types:
    """The selection that `type` says, its names expanded by `expand`.

    Raises:
        BadRequestData: it is not of the grammar.
    """
    tokens = _TOKEN.findall(text)
    if not tokens or len(tokens) > _MOST or re.sub(r"\s", "", "".join(tokens)) != re.sub(r"\s", "", text):
        raise BadRequestData(f"type: {text[:80]!r} is not a selection of types such as A,B or (A;B)|C")
    tokens.reverse()
    found = _either(tokens, expand, 0)
    if tokens:
        raise BadRequestData(f"type: {tokens[-1]!r} is not expected in {text[:80]!r}")
    return found if isinstance(found, Types) else Types((found,))


def _either(tokens: list[str], expand: Callable[[str], str], depth: int) -> str | Types:
    parts = [_both(tokens, expand, depth)]
    while tokens and tokens[-1] in "|,":
        tokens.pop()
        parts.append(_both(tokens, expand, depth))
    return parts[0] if len(parts) == 1 else Types(tuple(parts))


def _both(tokens: list[str], expand: Callable[[str], str], depth: int) -> str | Types:
    parts = [_one(tokens, expand, depth)]
    while tokens and tokens[-1] == ";":
        tokens.pop()
        parts.append(_one(tokens, expand, depth))
    return parts[0] if len(parts) == 1 else Types(tuple(parts), every=True)


def _one(tokens: list[str], expand: Callable[[str], str], depth: int) -> str | Types:
    word = tokens.pop() if tokens else "the end"
    if word == "(" and depth < _DEEPEST:
        inner = _either(tokens, expand, depth + 1)
        if not tokens or tokens.pop() != ")":
            raise BadRequestData("type: a parenthesis is not closed")
        return inner
    if word in "()|,;" or word == "the end":
        raise BadRequestData(f"type: a type is expected where there is {word!r}")
    return expand(word)
