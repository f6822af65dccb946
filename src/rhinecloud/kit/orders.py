"""The orders that simulated crews were given, kept in a file: what they do follows from them, also after a restart."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from .crew import Order

KEPT_S: Final = 6 * 3600.0
"""An older order matters no more: whoever had it is home again."""


class Book:
    """By device; the oldest first.

    Args:
        file: None: in memory only.
    """

    def __init__(self, file: Path | None, now: Callable[[], float]) -> None:
        self._file, self._now = file, now
        self._orders: dict[str, tuple[Order, ...]] = {}
        if file is not None:
            with contextlib.suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
                self._orders = msgspec.json.decode(file.read_bytes(), type=dict[str, tuple[Order, ...]])

    def of(self, device: str) -> tuple[Order, ...]:
        return self._orders.get(device, ())

    def note(self, device: str, order: Order) -> None:
        oldest = self._now() - KEPT_S
        kept = tuple(known for known in self.of(device) if known.at_s > oldest)
        self._orders[device] = (*kept, order)
        if self._file is not None:
            fresh = self._file.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self._orders))
            fresh.replace(self._file)
