"""Types and attributes are counted as they come and go; the counts are those of the entities themselves."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.base.model import Entity, Op, Update
from rhinecloud.context import Present, Presents

from .gauges import GAUGE, LEVEL, MODEL, NAME, number, relation, text, update

SECOND = "https://example.org/Second"

_forms = st.sampled_from([number(1), relation("urn:b"), text("x"), [number(1), number(2, datasetId="urn:d")]])
_updates = st.builds(
    lambda op, entity_id, types, attrs: update(op, entity_id, attrs, types=types, attr=LEVEL, dataset="*"),
    st.sampled_from(list(Op)),
    st.sampled_from(["urn:a", "urn:b", "urn:c"]),
    st.sampled_from([(GAUGE,), (SECOND,), (GAUGE, SECOND)]),
    st.dictionaries(st.sampled_from(["level", "name", "mood"]), _forms, max_size=3),
)


def _looked_at(entities: list[Entity], readable: frozenset[str] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What discovery tells, found by looking at every entity."""
    types: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for entity in entities:
        listed = [kind for kind in entity["type"] if readable is None or kind in readable]
        for kind in listed:
            types.setdefault(kind, [0, {}])[0] += 1
        for name, instances in entity["attrs"].items() if listed else ():
            for known in [attributes, *(types[kind][1] for kind in listed)]:
                one = known.setdefault(name, [0, set(), set()])
                one[0] += len(instances)
                one[1] |= {instance["type"] for instance in instances}
                one[2] |= set(listed)
    return types, attributes


def _told(found: list[Any]) -> dict[str, Any]:
    return {one.name: [one.count, set(one.kinds), set(one.types)] for one in found}


async def _check(city: Present, readable: frozenset[str] | None) -> None:
    types, attributes = _looked_at(await city.listing(), readable)
    found = await city.types(readable=readable)
    assert {one.name: one.count for one in found} == {name: count for name, (count, _) in types.items()}
    for one in found:
        told = types[one.name][1]
        assert {a.name: [a.count, set(a.kinds)] for a in one.attributes} == {n: told[n][:2] for n in told}
        assert await city.types(one.name, readable=readable) == [one]
    assert [one.name for one in found] == sorted(types)
    listed = await city.attributes(readable=readable)
    assert _told(listed) == attributes
    assert [one.name for one in listed] == sorted(attributes)
    for one in listed:
        assert await city.attributes(one.name, readable=readable) == [one]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_updates, max_size=20), st.integers(1, 7))
async def test_counts_are_those_of_the_entities(
    tmp_path_factory: pytest.TempPathFactory, held_clock: Any, updates: list[Update], size: int
) -> None:
    presents = Presents(tmp_path_factory.mktemp("city"), model=MODEL, clock=held_clock)
    await presents.start()
    city = presents.create("city")
    for first in range(0, len(updates), size):
        await city.write(updates[first : first + size])
    for readable in (None, frozenset([GAUGE]), frozenset([SECOND, "urn:none"]), frozenset[str]()):
        await _check(city, readable)
    await presents.stop()


async def test_a_file_of_an_earlier_version_is_counted_when_it_is_opened(tmp_path: Path) -> None:
    presents = Presents(tmp_path, model=MODEL)
    await presents.start()
    city = presents.create("city")
    await city.write([update(Op.CREATE, f"urn:{n}", {"level": number(n), "name": text("x")}) for n in range(7)])
    city.close()
    db = sqlite3.connect(tmp_path / "city" / "context.db")
    db.execute("DELETE FROM tally")
    db.commit()
    db.close()
    (gauge,) = await city.types()
    assert (gauge.count, [(a.name, a.count) for a in gauge.attributes]) == (7, [(LEVEL, 7), (NAME, 7)])
    await presents.stop()
