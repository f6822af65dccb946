"""What a value may be: each check gives the value, or is a clear refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from rhinecloud.base.errors import BadRequestData

Json = dict[str, Any]

LONGEST: Final = 2048
MOST: Final = 1000  # items of a list
_MEMBERS: Final = frozenset(["id", "type", "scope", "createdAt", "modifiedAt", "expiresAt"])
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+\Z")
_NAME: Final = re.compile(r"[^\s{},|()]+")


def text(value: Any, *_: object) -> str:
    """`value`, if it is a text that is not empty."""
    if not isinstance(value, str) or not value or len(value) > 8192:
        raise BadRequestData(f"{short(value)} is not a text")
    return value


def uri(value: Any, what: str) -> str:
    """`value`, if it is a URI."""
    if not isinstance(value, str) or len(value) > LONGEST or not _URI.match(value):
        raise BadRequestData(f"{what} is not a URI: {short(value)}")
    return value


def flag(value: Any, *_: object) -> bool:
    """`value`, if it is true or false."""
    if not isinstance(value, bool):
        raise BadRequestData(f"{short(value)} is neither true nor false")
    return value


def listed(value: Any, what: str) -> list[Any]:
    """The items of a list that is neither empty nor too long; one alone counts as a list of it."""
    items = value if isinstance(value, list) else [value]
    if not items or len(items) > MOST:
        raise BadRequestData(f"{what} is a list of 1 to {MOST}")
    return items


def reworded(item: str, word: Callable[[str], str]) -> str:
    """A projection with its names expanded or compacted by `word`; those of members stay."""
    return _NAME.sub(lambda m: m[0] if m[0] in _MEMBERS else word(m[0]), item)


def short(value: Any) -> str:
    """The value for an error message."""
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "…"
