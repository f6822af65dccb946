"""Commits come from memory while they are new, from the file when they are not, and are the same in both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.errors import Unavailable
from rhinecloud.base.model import Changes, Op
from rhinecloud.base.packing import unpack
from rhinecloud.context import Present, Presents, Relay, outbox

from .gauges import MODEL, number, update


@pytest.fixture
async def presents(tmp_path: Path, held_clock: Any) -> AsyncIterator[Presents]:
    made = Presents(tmp_path, model=MODEL, clock=held_clock)
    await made.start()
    made.create("city")
    yield made
    await made.stop()


async def commits(city: Present, count: int) -> None:
    for n in range(count):
        await city.write([update(Op.UPSERT_UPDATE, f"urn:{n % 3}", {"level": number(n), "name": number(n)})])


async def test_the_file_says_the_same_as_memory(presents: Presents) -> None:
    city = presents.open("city")
    await commits(city, 5)
    new = city.outbox(0)
    assert [commit.sequence for commit in new] == [1, 2, 3, 4, 5]
    assert all(unpack(commit.packed) == commit.changes for commit in new)
    city.close()
    assert city.outbox(0) == new
    await commits(city, 1)
    assert [commit.sequence for commit in city.outbox(4)] == [5, 6], "one from the file, one new"
    assert city.outbox(6) == []


async def test_who_is_far_behind_reads_the_file(presents: Presents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_HELD", 6)
    city = presents.open("city")
    await commits(city, 10)
    assert city._store is not None
    assert city._store.tail.after(0, 100) is None
    assert [commit.sequence for commit in city.outbox(0, 4)] == [1, 2, 3, 4]
    assert [commit.sequence for commit in city.outbox(8)] == [9, 10]


async def test_memory_lets_go_of_what_both_readers_are_done_with(presents: Presents) -> None:
    city = presents.open("city")
    await commits(city, 4)
    assert city._store is not None
    tail = city._store.tail
    city.outbox_done("history", 4)
    assert len(tail._commits) == 4
    city.outbox_done("changes", 3)
    assert [commit.sequence for commit in tail._commits] == [4]
    await city.write([])
    assert [commit.sequence for commit in city.outbox(0)] == [4]


async def test_a_commit_is_told_once_after_it_is_out_even_if_who_is_told_stumbles(presents: Presents) -> None:
    out: list[int] = []
    told: list[int] = []

    async def publish(_subject: str, data: bytes, *, message_id: str = "") -> int:
        assert message_id
        out.append(unpack(data).sequence)
        return len(out)

    async def tell(changes: Changes) -> None:
        assert changes.sequence in out
        told.append(changes.sequence)
        raise ValueError("stumbles")

    heard: list[int] = []
    relay = Relay(presents, publish, tell, lambda changes: heard.append(changes.sequence))
    await relay.start()
    await commits(presents.open("city"), 3)
    for _ in range(100):
        if len(told) == 3:
            break
        await asyncio.sleep(0.01)
    await relay.stop()
    assert out == told == heard == [1, 2, 3], "one that stumbles keeps nothing from the others"


async def test_what_readers_are_done_with_goes_with_the_next_commit_or_soon(presents: Presents) -> None:
    city = presents.open("city")
    await commits(city, 3)
    assert city._store is not None
    for n in (1, 2, 3):
        city.outbox_done("history", n)
        city.outbox_done("changes", n)
    assert outbox.waiting(city._reads) > 0, "no commit of its own"
    await commits(city, 1)
    assert outbox.position(city._reads, "history") == 3
    city.outbox_done("history", 4)
    city.outbox_done("changes", 4)
    for _ in range(100):
        if not outbox.waiting(city._reads):
            break
        await asyncio.sleep(0.02)
    assert outbox.waiting(city._reads) == city._store.outbox_bytes == 0
    await commits(city, 1)
    city.outbox_done("history", 5)
    city.close()
    assert city.outbox_position("history") == 5, "closing writes it too"


async def test_what_could_not_be_noted_is_noted_later(presents: Presents, monkeypatch: pytest.MonkeyPatch) -> None:
    city = presents.open("city")
    await commits(city, 1)
    assert city._store is not None
    city.outbox_done("history", 1)
    monkeypatch.setattr(city._store, "_room", _full)
    with pytest.raises(Unavailable):
        await commits(city, 1)
    monkeypatch.undo()
    await asyncio.sleep(0.4)
    assert city.outbox_position("history") == 1


def _full() -> None:
    raise Unavailable("The disk is nearly full")
