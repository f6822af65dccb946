"""Documents held in memory are those of the file: after commits, refusals, rolled back transactions, and evictions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.model import ALL_DATASETS, Op, Outcome
from rhinecloud.context import Present, Presents
from rhinecloud.context.held import ADMITTED, Held, Room
from rhinecloud.context.store import decode_entity

from .gauges import LEVEL, MODEL, expand, number, text, update, values


@pytest.fixture
async def city(tmp_path: Path, held_clock: Any) -> AsyncIterator[Present]:
    presents = Presents(tmp_path, model=MODEL, clock=held_clock)
    await presents.start()
    yield presents.create("city")
    await presents.stop()


def held(city: Present) -> Held:
    assert city._store is not None
    return city._store.held


async def test_what_is_held_is_what_the_file_says(city: Present) -> None:
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n)}) for n in range(120)])
    await city.write([update(Op.APPEND, f"urn:{n}", {"name": text("x")}) for n in range(0, 120, 2)])
    await city.write([update(Op.APPEND, "urn:7", {}, types=("https://example.org/Other",))])
    assert len(held(city)) == 120
    for n in range(120):
        kept = held(city).get(f"urn:{n}")
        assert kept is not None
        assert kept == city._reads.execute("SELECT key, kind, doc FROM entity WHERE id = ?", (f"urn:{n}",)).fetchone()


async def test_who_writes_again_sees_what_the_same_transaction_wrote(city: Present) -> None:
    many = [update(Op.CREATE, f"urn:{n}", {"level": number(1)}) for n in range(200)]
    again = [update(Op.APPEND_NEW, f"urn:{n}", {"level": number(2), "name": text("x")}) for n in range(200)]
    gone = [update(Op.DELETE, "urn:0"), update(Op.CREATE, "urn:0", {"level": number(5)})]
    results = await city.write(many + again + gone)
    assert all(r.outcome is not Outcome.REFUSED for r in results)
    assert values(city.get("urn:1")) == {"level": 1, "name": "x"}
    assert values(city.get("urn:0")) == {"level": 5}
    await city.write([update(Op.APPEND, "urn:0", {"name": text("y")})])
    assert values(city.get("urn:0")) == {"level": 5, "name": "y"}


async def test_a_transaction_that_is_rolled_back_leaves_nothing_held(city: Present) -> None:
    await city.write([update(Op.CREATE, attrs={"level": number(1)})])
    broken = update(Op.APPEND, attrs={"name": text("\ud800")})  # no text that a file could hold
    refused = await city.write([update(Op.APPEND, attrs={"level": number(2)}), broken])
    assert [r.outcome for r in refused] == [Outcome.CHANGED, Outcome.REFUSED]
    assert values(city.get("urn:a")) == {"level": 2}
    await city.write([update(Op.MERGE, attrs={"mood": text("calm")})])
    assert values(city.get("urn:a")) == {"level": 2, "mood": "calm"}


async def test_what_is_deleted_is_not_held(city: Present) -> None:
    await city.write([update(Op.CREATE, attrs={"level": number(1), "name": text("x")})])
    await city.write([update(Op.DELETE_ATTR, attr=expand("name"), dataset=ALL_DATASETS)])
    assert decode_entity(held(city).get("urn:a")[2])["attrs"].keys() == {LEVEL}  # type: ignore[index]
    await city.write([update(Op.DELETE)])
    assert len(held(city)) == 0
    assert (await city.write([update(Op.APPEND)]))[0].outcome is Outcome.REFUSED


async def test_closing_lets_go_of_all_and_opening_reads_again(city: Present) -> None:
    await city.write([update(Op.CREATE, attrs={"level": number(1)})])
    before = held(city)
    city.close()
    assert (len(before), before._room.taken) == (0, 0)
    await city.write([update(Op.APPEND, attrs={"name": text("x")})])
    assert values(city.get("urn:a")) == {"level": 1, "name": "x"}


def test_no_more_is_held_than_the_room_has_and_some_stay_through_a_round() -> None:
    room = Room(100)
    one, other = Held(room), Held(room)
    other.keep("urn:other", (1, 1, b"x" * 10))
    for round_ in range(20):
        before = {f"urn:{n}" for n in range(50) if one.get(f"urn:{n}")}
        for n in range(50):
            one.keep(f"urn:{n}", (n, 1, b"x" * 10))
            assert room.taken <= 100
        still = {i for i in before if one.get(i)}
        assert not round_ or len(still) >= len(before) - 50 // ADMITTED - 1
    assert len(one) == 9
    assert other.get("urn:other") is not None, "a tenant does not push out another"
    one.keep("urn:huge", (1, 1, b"x" * 1000))
    one.clear()
    assert room.taken == 10
