"""A small outbox stands in for the present: the past knows no more of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.clock import parse_us
from rhinecloud.base.model import Changes
from rhinecloud.base.packing import Commit, pack
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories

TYPE = "https://smartdatamodels.org/dataModel.Environment/WaterObserved"
LEVEL = "https://smartdatamodels.org/dataModel.Environment/height"
GAUGE = "urn:ngsi-ld:WaterObserved:ruhrort"


class Outbox:
    """Messages of one tenant, numbered as the present numbers them."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.messages: list[Commit] = []
        self.sequence = 0
        self.done = 0

    def put(self, *rows: dict[str, Any]) -> int:
        """One commit."""
        self.sequence += 1
        changes = Changes(self.tenant, self.sequence, parse_us("2026-11-22T10:00:00Z"))
        for row in rows:
            for name, value in (row_of() | row).items():
                getattr(changes, name).append(value)
        self.messages.append(Commit(self.sequence, pack(changes), changes))
        return self.sequence

    def outbox(self, after: int, rows: int = 100_000) -> list[Commit]:
        return [message for message in self.messages if message[0] > after][:rows]

    def outbox_done(self, reader: str, upto: int) -> None:
        assert reader == "history"
        self.done = upto
        self.messages = [message for message in self.messages if message[0] > upto]


class Outboxes:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wake: list[Callable[[str], None]] = []
        self.tenants: dict[str, Outbox] = {}

    def open(self, tenant: str) -> Outbox:
        (self.folder / tenant).mkdir(parents=True, exist_ok=True)
        return self.tenants.setdefault(tenant, Outbox(tenant))

    def names(self) -> list[str]:
        return list(self.tenants)


def row_of(number: float | None = None, at: str = "", **more: Any) -> dict[str, Any]:
    """A row of `Changes`; with `at`, observed then and received a second later."""
    observed = parse_us(at) if at else None
    return {
        "entity": GAUGE,
        "type": TYPE,
        "attr": LEVEL,
        "dataset": "",
        "change": 1,
        "observed_us": observed,
        "received_us": (observed or parse_us("2026-11-22T10:00:00Z")) + 1_000_000,
        "number": number,
        "body": None,
        "flags": 0,
        "source": "device:gauge",
        "raw": "RAW/1",
        "seen": False,
    } | more


@pytest.fixture
def outboxes(tmp_path: Path) -> Outboxes:
    made = Outboxes(tmp_path / "tenants")
    made.open("city")
    return made


@pytest.fixture
async def histories(tmp_path: Path, outboxes: Outboxes) -> AsyncIterator[Histories]:
    made = Histories(tmp_path / "tenants", outboxes, Settings(data=tmp_path))
    await made.start()
    yield made
    await made.stop()
