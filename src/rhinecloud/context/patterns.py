"""Regular expressions that people send: run by RE2, whose time grows with the text, never with the pattern's cunning.

Source: ETSI GS CIM 009, 4.9 (patternOp) and 5.2.8 (idPattern). Look-around and back-references are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from rhinecloud.base.errors import BadRequestData

LONGEST: Final = 512
_MEMORY: Final = 1 << 20  # bytes that a compiled pattern may take


@lru_cache(maxsize=256)
def searcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether `pattern` is found anywhere in a text.

    Raises:
        BadRequestData: no regular expression, or one that is too long or too greedy for memory.
    """
    import re2  # type: ignore[import-untyped]  # it ships no types

    if len(pattern) > LONGEST:
        raise BadRequestData(f"A pattern may have {LONGEST} characters, this one has {len(pattern)}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise BadRequestData(f"{pattern[:80]!r} is not a regular expression that can be run here: {why}") from error
    search = compiled.search
    return lambda text: search(text) is not None
