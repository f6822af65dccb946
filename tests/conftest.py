"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rhinecloud.base import clock


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
