"""A city with the rules' room, its clock held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import HeldClock

from .city import City


@pytest.fixture
async def city(tmp_path: Path, held_clock: HeldClock) -> AsyncIterator[City]:
    async with City(tmp_path, held_clock) as made:
        yield made
