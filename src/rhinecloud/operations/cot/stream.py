"""Finds events in a stream of bytes, as TAK servers send them: one by one, with or without XML declarations."""

from __future__ import annotations

import re
from typing import Final

from .event import LARGEST

_START: Final = re.compile(rb"<event[\s>]")
_END: Final = b"</event>"
_CLOSED: Final = re.compile(rb"<event\b[^<>]*/>")


class Splitter:
    """Takes bytes as they come, gives whole events.

    Of one that is too large it gives the beginning, which nobody can read: so it is refused where others are.
    """

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        held = self._held + data
        found: list[bytes] = []
        while (start := _START.search(held)) is not None:
            held = held[start.start() :]
            closed = _CLOSED.match(held)
            end = closed.end() if closed else held.find(_END) + len(_END) if _END in held else 0
            if not end and len(held) > LARGEST:
                end = LARGEST + 1
            if not end:
                self._held = held
                return found
            found.append(held[:end])
            held = held[end:]
        self._held = held[-8:]  # perhaps the beginning of a beginning
        return found
