"""What is kept: durable, whole, each tenant its own, indexed so that every plan finds what the entities say."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.base.clock import parse_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import AlreadyExists, BadRequestData, NonexistentTenant, Unavailable
from rhinecloud.base.model import Change, Changes, Op, Outcome, Update
from rhinecloud.base.packing import Commit, pack, unpack
from rhinecloud.context import Presents, Query, Relay, geo, ordering, outbox, q, scope, selection, stale, writer
from rhinecloud.context.draft import unchecked
from rhinecloud.context.entities import apply
from rhinecloud.context.relay import split

from .gauges import GAUGE, LEVEL, LOCATION, MODEL, NAME, expand, number, point, relation, text, update, values


@pytest.fixture
async def presents(tmp_path: Path, held_clock: Any) -> AsyncIterator[Presents]:
    made = Presents(tmp_path, model=MODEL, clock=held_clock)
    await made.start()
    made.create("city")
    yield made
    await made.stop()


async def test_what_is_written_is_read_again(presents: Presents) -> None:
    city = presents.open("city")
    results = await city.write([update(Op.CREATE, attrs={"level": number(3)})])
    assert results[0].outcome is Outcome.CREATED
    assert values(city.get("urn:a")) == {"level": 3}
    assert city.get("urn:b") is None
    assert [e["id"] for e in city.get_many(["urn:b", "urn:a", "urn:a"])] == ["urn:a"]


async def test_one_bad_update_never_fails_its_neighbours(presents: Presents) -> None:
    city = presents.open("city")
    broken = update(Op.CREATE, "urn:broken", {"name": text("\ud800")})  # no text that a file could hold
    results = await city.write(
        [update(Op.CREATE), broken, update(Op.CREATE), update(Op.APPEND, "urn:no"), update(Op.CREATE, "urn:b")],
        mark=("s", 7),
    )
    assert [r.outcome for r in results] == [
        Outcome.CREATED,
        Outcome.REFUSED,
        Outcome.REFUSED,
        Outcome.REFUSED,
        Outcome.CREATED,
    ]
    assert isinstance(results[2].error, AlreadyExists)
    assert city.get("urn:b") is not None
    assert city.get("urn:broken") is None
    assert city.mark("s") == 7


async def test_a_broken_job_does_not_fail_another_in_its_group(presents: Presents) -> None:
    city = presents.open("city")
    jobs = [city.write([update(Op.CREATE, f"urn:{n}", {"name": text("\ud800" if n == 3 else "x")})]) for n in range(6)]
    outcomes = [results[0].outcome for results in await asyncio.gather(*jobs)]
    assert [o is Outcome.REFUSED for o in outcomes] == [False, False, False, True, False, False]


async def test_writers_that_come_together_share_a_commit(presents: Presents) -> None:
    city = presents.open("city")
    await asyncio.gather(*(city.write([update(Op.CREATE, f"urn:{n}")]) for n in range(200)))
    assert len(city.outbox(0)) < 100
    assert (await city.query(Query(count=True, limit=0))).total == 200


async def test_the_outbox_tells_each_commit_until_both_readers_are_done(presents: Presents) -> None:
    city = presents.open("city")
    await city.write([update(Op.CREATE, attrs={"level": number(3, "09:00:00")}, source="device:x")])
    await city.write([update(Op.UPDATE, attrs={"level": number(4)})])
    ((first, _, changes), (second, _, _)) = city.outbox(0)
    assert (first, second, changes.sequence, changes.tenant) == (1, 2, 1, "city")
    assert (changes.attr, changes.change, changes.number) == (["", LEVEL], [0, 0], [None, 3])
    assert changes.observed_us[1] == parse_us("2026-11-22T09:00:00Z")
    city.outbox_done("history", 2)
    await city.write([])
    assert len(city.outbox(0)) == 2
    city.outbox_done("changes", 1)
    await city.write([])
    assert [s for s, _, _ in city.outbox(0)] == [2]
    city.outbox_done("changes", 2)
    await city.write([update(Op.CREATE, "urn:c")])
    assert [s for s, _, _ in city.outbox(0)] == [3], "sequences are never used twice"


async def test_two_tenants_never_see_each_other(presents: Presents) -> None:
    city, port = presents.open("city"), presents.create("port")
    await city.write([update(Op.CREATE, attrs={"level": number(1)})], mark=("s", 1))
    await city.save_document("subscription", "urn:s", b"{}")
    assert port.get("urn:a") is None
    assert (await port.query(Query(count=True))).total == 0
    assert port.mark("s") == 0
    assert port.documents("subscription") == {}
    assert port.outbox(0) == []
    assert await port.types() == []
    presents.delete("port")
    assert city.get("urn:a") is not None
    with pytest.raises(NonexistentTenant):
        presents.open("port")
    with pytest.raises(Unavailable):
        port.get("urn:a")


@pytest.mark.parametrize("name", ["", "City", "../x", "a" * 64, "-a", "a/b"])
async def test_what_is_no_name_opens_no_tenant(presents: Presents, name: str) -> None:
    with pytest.raises(NonexistentTenant):
        presents.open(name)
    with pytest.raises(BadRequestData):
        presents.create(name)


async def test_a_tenant_exists_once_and_opens_again_after_closing(presents: Presents) -> None:
    with pytest.raises(AlreadyExists):
        presents.create("city")
    city = presents.open("city")
    await city.write([update(Op.CREATE)])
    city.close()
    assert not city.is_open
    assert city.get("urn:a") is not None
    assert presents.names() == ["city"]


async def test_a_nearly_full_disk_refuses_writes_and_goes_on_reading(tmp_path: Path) -> None:
    presents = Presents(tmp_path, model=MODEL)
    await presents.start()
    await presents.create("city").write([update(Op.CREATE)])
    await presents.stop()
    full = Presents(tmp_path, model=MODEL, reserve_bytes=2**62)
    await full.start()
    with pytest.raises(Unavailable, match="full"):
        await full.open("city").write([update(Op.CREATE, "urn:b")])
    assert full.open("city").get("urn:a") is not None
    await full.stop()


async def test_more_than_can_be_written_soon_is_refused_with_advice(
    presents: Presents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 10)
    city = presents.open("city")
    large = [update(Op.CREATE, f"urn:large:{n}") for n in range(20)]
    waiting = [asyncio.create_task(city.write(large)), *(asyncio.create_task(city.write(large[:6])) for _ in range(2))]
    first, *others = await asyncio.gather(*waiting, return_exceptions=True)
    assert not isinstance(first, BaseException), "a job that finds nobody waiting may be of any size"
    assert [type(other) for other in others] == [Unavailable, Unavailable]
    assert "wait for answers" in str(others[0])
    assert len(await city.write(large[:6])) == 6, "it goes on when there is room again"


async def test_writing_stops_while_too_much_waits_for_the_past_and_goes_on_after(
    presents: Presents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_BYTES", 500)
    city = presents.open("city")
    await city.write([update(Op.CREATE, f"urn:{n}") for n in range(100)])
    with pytest.raises(Unavailable, match="append_failed"):
        await city.write([update(Op.CREATE, "urn:b")])
    assert city.get("urn:0") is not None
    assert len(city.outbox(0)) == 1, "what waits is not given up"
    presents.open("city").close()
    with pytest.raises(Unavailable, match="append_failed"):
        await city.write([update(Op.CREATE, "urn:b")])
    city.outbox_done("history", 1)
    await city.write([])
    await city.write([update(Op.CREATE, "urn:b")])
    assert [commit.sequence for commit in city.outbox(0)] == [2], "given up for the backbone, which was away too"


async def test_documents_are_kept_replaced_and_taken_away(presents: Presents) -> None:
    city = presents.open("city")
    await city.save_document("subscription", "urn:b", b'{"b":1}')
    await city.save_document("subscription", "urn:a", b"{}")
    await city.save_document("subscription", "urn:b", b'{"b":2}')
    assert city.documents("subscription") == {"urn:a": b"{}", "urn:b": b'{"b":2}'}
    await city.delete_document("subscription", "urn:a")
    assert city.document("subscription", "urn:a") is None
    assert city.document("subscription", "urn:b") == b'{"b":2}'


async def test_what_expires_is_gone_at_once_and_removed_soon(presents: Presents, held_clock: Any) -> None:
    city = presents.open("city")
    await city.write(
        [
            update(Op.CREATE, "urn:whole", expiresAt="2026-11-22T10:00:10Z"),
            update(Op.CREATE, "urn:part", {"level": number(1, expiresAt="2026-11-22T10:00:10Z"), "name": text("x")}),
        ]
    )
    held_clock.tick(11)
    assert city.get("urn:whole") is None
    assert values(city.get("urn:part")) == {"name": "x"}
    assert (await city.query(Query(count=True))).total == 1
    assert (await city.query(Query(q=q.parse("level", expand), count=True))).total == 0
    before = len(city.outbox(0))
    for _ in range(40):
        await asyncio.sleep(0.1)
        if len(city.outbox(0)) > before:
            break
    changes = city.outbox(before)[0].changes
    assert sorted(zip(changes.entity, changes.attr, changes.change, strict=True)) == [
        ("urn:part", LEVEL, Change.DELETED),
        ("urn:whole", "", Change.DELETED),
    ]


async def test_attributes_that_become_queryable_are_indexed_at_the_next_opening(tmp_path: Path) -> None:
    plain = Presents(tmp_path, model=Model([]))
    await plain.start()
    await plain.create("city").write([update(Op.CREATE, f"urn:{n}", {"level": number(n)}) for n in range(50)])
    await plain.stop()
    for model in (MODEL, Model([])):
        presents = Presents(tmp_path, model=model)
        await presents.start()
        page = await presents.open("city").query(Query(q=q.parse("level>47", expand), count=True))
        assert (page.total, [e["id"] for e in page.entities]) == (2, ["urn:48", "urn:49"])
        await presents.stop()


# ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────────

THINGS = [
    update(
        Op.CREATE,
        "urn:1",
        {"level": number(1), "name": text("Ruhrort"), "location": point(6.73, 51.45)},
        scope=["/A/B"],
    ),
    update(
        Op.CREATE, "urn:2", {"level": number(2), "name": text("2026-11-01T00:00:00Z"), "location": point(6.8, 51.4)}
    ),
    update(Op.CREATE, "urn:3", {"level": [number(3), number(9, datasetId="urn:d")]}, types=(GAUGE, "urn:T")),
    update(Op.CREATE, "urn:4", {"level": text([4, 5, "x"]), "station": relation("urn:1")}, scope=["/A"]),
    update(Op.CREATE, "urn:5", {"level": text(True), "mood": text("good")}, types=("urn:T",)),
    update(Op.CREATE, "urn:6", {"level": text("1"), "name": text("é")}, types=("urn:T",)),
    update(Op.CREATE, "urn:7", {"level": text({"deep": 1}), "name": text("a" * 400)}),
]


def typed(text: str) -> dict[str, Any]:
    return {"types": selection.parse(text, expand)}


def near(metres: int, attr: str = "") -> dict[str, Any]:
    return {"geo": geo.parse(f"near;maxDistance=={metres}", "Point", [6.73, 51.45], attr)}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "1234567"),
        (typed("Gauge"), "12347"),
        (typed("urn:T"), "356"),
        (typed("Gauge;urn:T"), "3"),
        (typed("Gauge|urn:T"), "1234567"),
        (typed("urn:none"), ""),
        ({"readable": frozenset(["urn:T"])}, "356"),
        (typed("Gauge") | {"readable": frozenset(["urn:T"])}, "3"),
        ({"ids": ("urn:5", "urn:1", "urn:nope")}, "15"),
        ({"ids": ("urn:5", "urn:1")} | typed("Gauge"), "1"),
        ({"id_pattern": "[13]$"}, "13"),
        ({"attrs": (NAME, expand("mood"))}, "12567"),
        ({"q": "level<3"}, "12"),
        ({"q": "level<=4;level>=4"}, "34"),  # any instance may match, each condition its own
        ({"q": "level==5"}, "4"),
        ({"q": 'level=="1"'}, "6"),
        ({"q": "level==true"}, "5"),
        ({"q": "level==1..3"}, "123"),
        ({"q": "level==1,9"}, "13"),
        ({"q": "level!=1"}, "23456"),
        ({"q": "level"}, "1234567"),
        ({"q": "!name"}, "345"),
        ({"q": 'name>"R"'}, "167"),
        ({"q": 'name<"R"'}, "2"),
        ({"q": "name==2026-11-01T01:00:00+01:00"}, "2"),
        ({"q": "name<2026-12-01T00:00:00Z"}, "2"),
        ({"q": f'name=="{"a" * 400}"'}, "7"),
        ({"q": "level[deep]==1"}, "7"),
        ({"q": "station==urn:1"}, "4"),
        ({"q": 'station{name}=="Ruhrort"'}, "4"),
        ({"q": 'station>"a"'}, ""),
        ({"q": "level<3|level==5"}, "124"),
        (typed("Gauge") | {"q": 'level<3;name=="Ruhrort"'}, "1"),
        ({"q": "level==9", "datasets": frozenset([""])}, ""),
        ({"q": "level==9", "datasets": frozenset(["urn:d"])}, "3"),
        ({"datasets": frozenset(["urn:d"])}, "3"),
        ({"scope": scope.parse("/A/#")}, "14"),
        ({"scope": scope.parse("/A")}, "4"),
        (near(100), "1"),
        (near(10_000), "12"),
        (near(10_000, NAME), ""),
        ({"geo": geo.parse("disjoint", "Point", [6.73, 51.45])}, "2"),
        (near(10_000) | {"q": "level>1"}, "2"),
        ({"order": ordering.parse(["level;desc"], expand), "q": "level>0"}, "4321"),
        ({"limit": 2, "offset": 1}, "23"),
        ({"limit": 2, "offset": 6}, "7"),
        ({"q": "level>0", "limit": 1, "offset": 1}, "2"),
        ({"limit": 0}, ""),
    ],
    ids=str,
)
@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "plain"])
async def test_queries_find_the_same_with_and_without_an_index(
    tmp_path: Path, asked: dict[str, Any], expected: str, indexed: bool
) -> None:
    presents = Presents(tmp_path, model=MODEL if indexed else Model([]))
    await presents.start()
    city = presents.create("city")
    await city.write(THINGS)
    wanted: dict[str, Any] = asked | ({"q": q.parse(asked["q"], expand)} if "q" in asked else {})
    page = await city.query(Query(**wanted, count=True))
    assert "".join(e["id"][-1] for e in page.entities) == expected
    everything = await city.query(Query(**wanted | {"limit": 100, "offset": 0}))
    assert page.total == len(everything.entities)
    assert everything.total is None
    await presents.stop()


async def test_the_index_follows_every_change(presents: Presents) -> None:
    city = presents.open("city")

    async def found(condition: str) -> str:
        return "".join(e["id"][-1] for e in (await city.query(Query(q=q.parse(condition, expand)))).entities)

    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n), "location": point(6, 51)}) for n in range(5)])
    await city.write([update(Op.UPDATE, "urn:1", {"level": number(10)}), update(Op.DELETE, "urn:2")])
    await city.write([update(Op.DELETE_ATTR, "urn:3", attr=LEVEL), update(Op.APPEND, "urn:4", types=("urn:T",))])
    assert await found("level>2") == "14"
    assert await found("level==10") == "1"
    await city.write(
        [update(Op.APPEND, "urn:4", {"location": point(7, 52)}), update(Op.DELETE_ATTR, "urn:0", attr=LOCATION)]
    )
    within = geo.parse("near;maxDistance==1000", "Point", [7, 52])
    assert [e["id"] for e in (await city.query(Query(geo=within))).entities] == ["urn:4"]
    here = geo.parse("near;maxDistance==1000", "Point", [6, 51])
    assert [e["id"] for e in (await city.query(Query(geo=here))).entities] == ["urn:1", "urn:3"]


async def test_pages_of_many_are_stable_and_whole(presents: Presents) -> None:
    city = presents.open("city")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n * 7919 % 1000)}) for n in range(3000)])
    for condition in ("level<1", "level<50", "level<500", "level>=0"):
        asked = {"types": selection.parse("Gauge", expand), "q": q.parse(condition, expand)}
        pages: list[str] = []
        while True:
            page = await city.query(Query(**asked, limit=170, offset=len(pages), count=True))
            pages += [e["id"] for e in page.entities]
            if len(page.entities) < 170:
                break
        assert len(pages) == len(set(pages)) == page.total
        assert pages == sorted(pages, key=lambda name: int(name[4:]))


async def test_a_read_is_one_statement_or_none_and_a_query_two(presents: Presents) -> None:
    city = presents.open("city")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n)}) for n in range(100)])
    said: list[str] = []
    city._reads.set_trace_callback(said.append)
    city.get("urn:7")
    assert not said, "who was written lately is held in memory"
    city.close()
    city.get("urn:7")
    city._reads.set_trace_callback(said.append)
    city._finder._here.db.set_trace_callback(said.append)
    city.get("urn:7")
    assert len(said) == 1
    said.clear()
    await city.query(Query(types=selection.parse("Gauge", expand), q=q.parse("level<5", expand)))
    assert len(said) <= 2


async def test_types_and_attributes_are_discovered(presents: Presents) -> None:
    city = presents.open("city")
    await city.write(THINGS)
    types = await city.types()
    assert [(t.name.rsplit("/", 1)[-1], t.count) for t in types] == [("Gauge", 5), ("urn:T", 3)]
    (one,) = await city.types("urn:T")
    assert [(a.name, a.count) for a in one.attributes][:1] == [(LEVEL, 4)]
    (level,) = await city.attributes(LEVEL)
    assert (level.count, level.types) == (8, [GAUGE, "urn:T"])
    assert await city.types("urn:none") == []


async def test_purging_takes_away_what_matches_or_its_attributes(presents: Presents) -> None:
    city = presents.open("city")
    await city.write(THINGS)
    assert await city.purge(Query(q=q.parse("level<3", expand)), drop=[NAME]) == 2
    assert values(city.get("urn:1")).keys() == {"level", "location"}
    assert await city.purge(Query(types=selection.parse("urn:T", expand)), keep=[LEVEL]) == 3
    assert values(city.get("urn:5")).keys() == {"level"}
    assert await city.purge(Query(types=selection.parse("Gauge", expand))) == 5
    assert [e["id"] for e in (await city.query(Query())).entities] == ["urn:5", "urn:6"]


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────

_instances = st.builds(
    lambda value, at, dataset: number(
        value, f"09:00:{at:02d}" if at is not None else "", **({"datasetId": dataset} if dataset else {})
    ),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 5)),
    st.sampled_from(["", "", "urn:d"]),
)
_updates = st.builds(
    lambda op, entity_id, level, name: update(
        op, entity_id, {"level": level} | ({"name": text(name)} if name else {}), attr=LEVEL, raw="RAW/1"
    ),
    st.sampled_from(list(Op)),
    st.sampled_from(["urn:a", "urn:b"]),
    _instances,
    st.sampled_from(["", "x", "y"]),
)


def _plainly(updates: list[Update], now: int) -> dict[str, Any]:
    city: dict[str, Any] = {}
    for one in updates:
        city[one.id], _, _ = apply(city.get(one.id), one, now, unchecked)
    return {name: entity for name, entity in city.items() if entity is not None}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_updates, max_size=25), st.data())
async def test_single_or_in_batches_or_grouped_the_city_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, held_clock: Any, updates: list[Update], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("city")
    presents = Presents(folder, model=MODEL, clock=held_clock)
    await presents.start()
    city = presents.create("city")
    room = data.draw(st.sampled_from([stale.MOST, 1, 0]))  # entities whose place in the index may lag behind
    rest = list(updates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stale, "MOST", room)
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            await city.write(rest[:size])
            del rest[:size]
            if data.draw(st.booleans()):
                await city.query(Query(q=q.parse("level==0", expand)))
    killed = tmp_path_factory.mktemp("killed") / "tenants"
    shutil.copytree(folder, killed)  # as it lies on the disk at this moment
    expected = _plainly(updates, held_clock())
    assert {e["id"]: e for e in city.get_many(["urn:a", "urn:b"])} == expected
    await _finds(presents, expected)
    await presents.stop()
    again = Presents(killed, model=MODEL, clock=held_clock)
    await again.start()
    await _finds(again, expected)
    await again.stop()


async def _finds(presents: Presents, expected: dict[str, Any]) -> None:
    for value in range(4):
        page = await presents.open("city").query(Query(q=q.parse(f"level=={value}", expand), count=True))
        holding = {n for n, e in expected.items() if any(i["value"] == value for i in e["attrs"].get(LEVEL, ()))}
        assert ({e["id"] for e in page.entities}, page.total) == (holding, len(holding))


async def test_a_large_batch_that_comes_back_to_an_entity_is_applied_in_order(
    presents: Presents, held_clock: Any
) -> None:
    ids = [f"urn:{n}" for n in range(130)]
    first = [update(Op.CREATE, entity_id, {"level": number(1, "09:00:00")}) for entity_id in ids]
    again = [
        update(Op.APPEND, "urn:0", {"level": number(2, "09:01:00")}),
        update(Op.DELETE, "urn:1"),
        update(Op.CREATE, "urn:1", {"level": number(3, "09:02:00")}),
        update(Op.DELETE, "urn:2"),
    ]
    city = presents.open("city")
    await city.write(first + again)
    assert {e["id"]: e for e in city.get_many(ids)} == _plainly(first + again, held_clock())
    for level, found in ((1, 127), (2, 1), (3, 1)):
        assert (await city.query(Query(q=q.parse(f"level=={level}", expand), count=True))).total == found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=20))
def test_observations_in_any_order_and_again_leave_the_newest(observed: list[tuple[int, int]]) -> None:
    entity = None
    for at, value in [*observed, *observed]:
        entity, _, _ = apply(
            entity, update(Op.OBSERVE, attrs={"level": number(value, f"09:00:{at:02d}")}), 0, unchecked
        )
    if observed:
        assert entity is not None
        newest = max(at for at, _ in observed)
        assert entity["attrs"][LEVEL][0]["observedAt"] == f"2026-11-22T09:00:{newest:02d}Z"


# ── the relay ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_relay_publishes_in_order_and_again_after_trouble(presents: Presents) -> None:
    told: list[tuple[str, str, int]] = []
    trouble = [OSError("the backbone is away")]

    async def publish(subject: str, data: bytes, *, message_id: str = "") -> int:
        if trouble:
            raise trouble.pop()
        told.append((subject, message_id, unpack(data).sequence))
        return len(told)

    city = presents.open("city")
    await city.write([update(Op.CREATE)])
    relay = Relay(presents, publish, retry_s=0.05)
    await relay.start()
    for n in range(5):
        await city.write([update(Op.CREATE, f"urn:{n}")])
    for _ in range(100):
        if len(told) == 6:
            break
        await asyncio.sleep(0.02)
    await relay.stop()
    assert told == [("changes.city", f"city:{n}", n) for n in range(1, 7)]
    city.outbox_done("history", 6)
    await city.write([])
    assert city.outbox(0) == []


def test_a_message_too_large_for_the_backbone_is_shared_out_in_order() -> None:
    count = 1000
    row = ["type", "attr", "", 0, None, 0, 1.5, None, 0, "source", "raw", False]
    columns: list[list[Any]] = [[f"urn:{n}" for n in range(count)]] + [[value] * count for value in row]
    changes = Changes("city", 5, 9, *columns)
    parts = list(split(Commit(5, pack(changes), changes), 3_000))
    assert len(parts) > 1
    assert all(len(part) <= 3_000 for part in parts)
    told = [unpack(part) for part in parts]
    assert [entity for part in told for entity in part.entity] == columns[0]
    assert {(part.tenant, part.sequence, part.committed_us) for part in told} == {("city", 5, 9)}


# ── crashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

WRITER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from context.gauges import *
from rhinecloud.base.model import Op
from rhinecloud.context import Presents

async def main():
    presents = Presents(Path(sys.argv[1]), model=MODEL)
    await presents.start()
    city = presents.open("city")
    first = city.mark("s")

    async def one(n):
        await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n)})], mark=("s", n))
        print(n, flush=True)

    for start in range(first + 1, 10**6, 8):
        await asyncio.gather(*(one(n) for n in range(start, start + 8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("run", range(3))
async def test_everything_acknowledged_survives_a_kill_at_any_instant(tmp_path: Path, run: int) -> None:
    presents = Presents(tmp_path, model=MODEL)
    presents.create("city").close()
    acknowledged: list[int] = []
    for kill in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parents[1])],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        lines: list[str] = []
        while len(lines) < 60 + 37 * run + 11 * kill:
            lines.append(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        acknowledged += [int(line) for line in lines if line.endswith("\n")]
    await presents.start()
    city = presents.open("city")
    missing = [n for n in acknowledged if city.get(f"urn:{n}") is None]
    assert missing == []
    rows = [name for commit in city.outbox(0) for name in commit.changes.entity]
    assert {f"urn:{n}" for n in acknowledged} <= set(rows), "the past hears of each"
    assert city.mark("s") >= max(acknowledged)
    page = await city.query(Query(q=q.parse("level>=0", expand), limit=0, count=True))
    assert page.total == (await city.query(Query(limit=0, count=True))).total
    await presents.stop()
