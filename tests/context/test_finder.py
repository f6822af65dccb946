"""What queries remember of earlier ones, and that it never shows in an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.model import Op
from rhinecloud.context import Presents, Query, decode_entity, finder, q, selection

from .gauges import GAUGE, MODEL, expand, number, point, text, update, values

LOW = Query(types=selection.parse("Gauge", expand), q=q.parse("level<5", expand), count=True)


@pytest.fixture
async def presents(tmp_path: Path, held_clock: Any) -> AsyncIterator[Presents]:
    made = Presents(tmp_path, model=MODEL, clock=held_clock)
    await made.start()
    made.create("city")
    yield made
    await made.stop()


async def _ids(presents: Presents, query: Query) -> list[str]:
    page = await presents.open("city").query(query)
    return [entity["id"] for entity in page.entities]


async def test_a_query_asked_again_finds_what_came_since(presents: Presents) -> None:
    city = presents.open("city")
    assert await _ids(presents, LOW) == []  # not even the type is known
    await city.write([update(Op.CREATE, "urn:other", {"name": text("x")})])
    assert await _ids(presents, LOW) == []  # the type is, the attribute is not
    await city.write([update(Op.CREATE, "urn:a", {"level": number(1)})])
    assert await _ids(presents, LOW) == ["urn:a"]
    await city.write([update(Op.CREATE, "urn:b", {"level": number(2)}, types=(GAUGE, "https://example.org/Second"))])
    assert await _ids(presents, LOW) == ["urn:a", "urn:b"]  # entities of two types are of a kind of their own
    await city.write([update(Op.CREATE, "urn:c", {"level": text([1, 2, 3])})])
    assert await _ids(presents, LOW) == ["urn:a", "urn:b", "urn:c"]  # three values, one answer
    await city.write([update(Op.CREATE, "urn:d", {"level": text([1.0 * n for n in range(1_000)])})])
    assert await _ids(presents, LOW) == ["urn:a", "urn:b", "urn:c", "urn:d"]  # more than the index keeps
    await city.write([update(Op.APPEND, "urn:a", {"level": number(9)})])
    assert await _ids(presents, LOW) == ["urn:b", "urn:c", "urn:d"]


async def test_a_query_too_long_for_the_loop_is_answered_all_the_same(
    presents: Presents, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = presents.open("city")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n % 10)}) for n in range(3_000)])
    monkeypatch.setattr(finder, "LOOP_S", -1.0)
    assert len(await _ids(presents, LOW)) == 20
    monkeypatch.undo()
    session = city._finder._here
    page = session.answer(city._finder._answer, LOW, 0, 10.0)  # an interrupted connection was exchanged for another
    assert page.total == 1_500


@pytest.mark.parametrize("condition", ["level<5", "level<5;mood", 'name!="x"'])
async def test_a_page_says_how_its_entities_are_kept(presents: Presents, condition: str) -> None:
    city = presents.open("city")
    attrs = {"level": number(1), "mood": text("high"), "name": text("y"), "location": point(6.7, 51.4)}
    await city.write([update(Op.CREATE, "urn:a", attrs), update(Op.CREATE, "urn:b", attrs)])
    page = await city.query(Query(q=q.parse(condition, expand)))
    assert page.kept is not None
    assert [decode_entity(document) for _, document in page.kept] == page.entities
    assert page.kept[0] == city.kept("urn:a")


async def test_what_has_expired_in_part_is_never_given_as_it_is_kept(presents: Presents, held_clock: Any) -> None:
    city = presents.open("city")
    soon = "2026-11-22T10:00:10Z"
    await city.write(
        [
            update(Op.CREATE, "urn:a", {"level": number(1), "name": text("x", expiresAt=soon)}),
            update(Op.CREATE, "urn:b", {"level": number(1)}),
            update(Op.CREATE, "urn:c", {"level": number(1)}, expiresAt=soon),
        ]
    )
    page = await city.query(LOW)
    assert page.kept is not None and page.total == 3
    held_clock.tick(11)
    page = await city.query(LOW)
    assert page.kept is None and page.total == 2
    assert [values(entity) for entity in page.entities] == [{"level": 1}, {"level": 1}]
    assert city.kept("urn:a") is None and city.kept("urn:c") is None
    assert city.get("urn:a") is not None


async def test_whether_few_match_is_looked_up_only_between_known_limits(presents: Presents) -> None:
    city = presents.open("city")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n)}) for n in range(3_000)])
    said: list[str] = []
    city._finder._here.db.set_trace_callback(said.append)
    for condition, statements, found in (
        ("level<100", 2, 100),
        ("level<50", 1, 50),  # narrower than what few match
        ("level<2000", 2, 2_000),
        ("level<2500", 1, 2_500),  # wider than what many match
        ("level<1000", 2, 1_000),
        ("level>2900", 2, 99),
        ("level>2950.5", 1, 49),
        ("level==7", 2, 1),
        ("level==8", 2, 1),  # tells nothing of others
        ("level<=50", 2, 51),
    ):
        said.clear()
        page = await city.query(Query(q=q.parse(condition, expand)))
        assert (len(page.entities), len(said)) == (min(found, 20), statements), condition


@pytest.mark.parametrize("limit", [0, 3])
async def test_totals_are_those_of_all_pages(presents: Presents, limit: int) -> None:
    city = presents.open("city")
    both = (GAUGE, "https://example.org/Second")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n)}) for n in range(40)])
    await city.write([update(Op.CREATE, f"urn:b{n}", {"level": text([n, 0])}, types=both) for n in range(5)])
    await city.write([update(Op.DELETE, f"urn:{n}") for n in range(10)])
    gauge = selection.parse("Gauge", expand)
    for query, total in (
        (Query(count=True, limit=limit), 35),
        (Query(types=gauge, count=True, limit=limit), 35),
        (Query(types=selection.parse("https://example.org/Second", expand), count=True, limit=limit), 5),
        (Query(readable=frozenset(["urn:none"]), count=True, limit=limit), 0),
        (Query(types=gauge, q=q.parse("level<20", expand), count=True, limit=limit), 15),
        (Query(types=gauge, q=q.parse("level<20;level>15", expand), count=True, limit=limit), 4),
    ):
        page = await city.query(query)
        assert (page.total, len(page.entities)) == (total, min(limit, total))


async def test_what_changes_while_a_query_looks_is_found_by_what_it_was_and_shown_only_if_it_still_matches(
    presents: Presents,
) -> None:
    city = presents.open("city")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n)}) for n in range(3)])
    await city.write([update(Op.APPEND, "urn:1", {"level": number(9)})])
    lagging = city._finder._here.answer(
        city._finder._answer, LOW, 0, 10.0
    )  # as if it came before the index was seen to
    assert [values(e)["level"] for e in lagging.entities] == [0, 2]
    assert lagging.total == 3  # the number is that of the index: to count again would be to look into all that match
    assert await _ids(presents, LOW) == ["urn:0", "urn:2"]
    assert (await city.query(LOW)).total == 2
