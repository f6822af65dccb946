"""A few attributes of every entity at a moment, and how they went on."""

from __future__ import annotations

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.history import Histories

from .conftest import GAUGE, LEVEL, Outboxes, row_of

LOCATION = "https://uri.etsi.org/ngsi-ld/location"
OTHER = "urn:ngsi-ld:WaterObserved:rheinhausen"
TEN = parse_us("2026-11-22T10:00:00Z")


def placed(entity: str, lon: float, at_us: int) -> dict[str, object]:
    body = b'{"type":"GeoProperty","value":{"type":"Point","coordinates":[%f,51.4]}}' % lon
    return row_of(entity=entity, attr=LOCATION, body=body, received_us=at_us)


def tell(outboxes: Outboxes) -> None:
    outbox = outboxes.open("city")
    outbox.put(row_of(attr="", change=0, body=b'{"type":["urn:T"]}', entity=OTHER))
    for minute in range(4):
        outbox.put(row_of(4.0 + minute, f"2026-11-22T10:0{minute}:00Z"))
    outbox.put(placed(GAUGE, 6.7, TEN), placed(OTHER, 6.7, TEN))
    outbox.put(placed(GAUGE, 6.8, TEN + 60 * SECOND), placed(OTHER, 6.7, TEN + 60 * SECOND))


async def test_a_glance_tells_the_last_word_of_each_and_of_those_without_one(
    histories: Histories, outboxes: Outboxes
) -> None:
    tell(outboxes)
    told = await histories.open("city").glance(TEN + 90 * SECOND, {LEVEL}, everything=True)
    assert {(t.entity, t.attr, t.number) for t in told} == {(GAUGE, LEVEL, 5.0), (OTHER, "", None)}
    assert await histories.open("city").glance(TEN - SECOND, {LEVEL}) == []
    named = await histories.open("city").glance(TEN + 90 * SECOND, {LEVEL}, ids=[OTHER])
    assert named == []


async def test_a_glance_knows_what_was_deleted(histories: Histories, outboxes: Outboxes) -> None:
    tell(outboxes)
    outboxes.open("city").put(row_of(entity=GAUGE, attr="", change=2, received_us=TEN + 300 * SECOND))
    past = histories.open("city")
    assert {t.entity for t in await past.glance(TEN + 400 * SECOND, {LEVEL}, everything=True)} == {OTHER}
    assert {t.entity for t in await past.glance(TEN + 200 * SECOND, {LEVEL}, everything=True)} == {GAUGE, OTHER}


async def test_touched_is_what_was_told_of_between_two_moments(histories: Histories, outboxes: Outboxes) -> None:
    tell(outboxes)
    past = histories.open("city")
    assert set(await past.touched(TEN + 60 * SECOND, TEN + 180 * SECOND, {LEVEL}, 10)) == {GAUGE}
    assert set(await past.touched(TEN, TEN + 60 * SECOND, {LEVEL, LOCATION}, 10)) == {GAUGE, OTHER}
    assert await past.touched(TEN + 180 * SECOND, TEN + 240 * SECOND, {LEVEL, LOCATION}, 10) == {}
    assert len(await past.touched(TEN, TEN + 60 * SECOND, {LEVEL, LOCATION}, 0)) == 1, "one more than asked for"


async def test_moves_are_told_in_order_the_last_of_each_step(histories: Histories, outboxes: Outboxes) -> None:
    tell(outboxes)
    past = histories.open("city")
    told, complete = await past.moves(TEN, TEN + 180 * SECOND, {LEVEL}, step_us=SECOND, limit=100)
    assert [t.number for t in told if t.attr] == [5.0, 6.0, 7.0]
    assert [t.entity for t in told if not t.attr] == [OTHER]  # made then
    assert complete
    coarse, _ = await past.moves(TEN - SECOND, TEN + 180 * SECOND, {LEVEL}, step_us=120 * SECOND, limit=100)
    assert [t.number for t in coarse if t.attr] == [5.0, 7.0]
    few, complete = await past.moves(TEN, TEN + 180 * SECOND, {LEVEL}, step_us=SECOND, limit=2)
    assert len(few) == 2
    assert not complete


async def test_what_moves_is_known_by_its_places(histories: Histories, outboxes: Outboxes) -> None:
    tell(outboxes)
    assert await histories.open("city").movers(LOCATION) == {GAUGE}
