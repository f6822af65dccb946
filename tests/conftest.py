"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from rhinecloud.base import clock

BETWEEN: Final = 10
"""Files of other tests that come between two of the browser's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spreads the browser's files: they keep the processor busy, while the others mostly wait; and none comes last."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    browser = [path for path in files if path.parent.name == "browser"]
    others = iter([path for path in files if path.parent.name != "browser"])
    order = [path for first in browser for path in (first, *islice(others, BETWEEN))]
    items[:] = [item for path in (*order, *others) for item in files[path]]


class HeldClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, text: str) -> None:
        self.us = clock.parse_us(text)

    def __call__(self) -> int:
        return self.us

    def tick(self, seconds: float = 1) -> int:
        self.us += round(seconds * clock.SECOND)
        return self.us


@pytest.fixture
def held_clock() -> HeldClock:
    return HeldClock("2026-11-22T10:00:00Z")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real files; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("RHINECLOUD_DATA_SAMPLES") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the folder of real sample files is not here (set RHINECLOUD_DATA_SAMPLES)")
    return folder
