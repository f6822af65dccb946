"""The city as of a moment is what a replay of every row, one by one, comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.base.clock import DAY, parse_us
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories

from .conftest import Outboxes, row_of

START = parse_us("2026-11-10T00:00:00Z")
HOUR = 3_600_000_000

# (kind, entity, attribute, value, hours after the start at which it was observed; None: when it came)
event = st.tuples(
    st.sampled_from(["value"] * 6 + ["gone", "create", "delete"]),
    st.sampled_from(["urn:a", "urn:b"]),
    st.sampled_from(["urn:x", "urn:y"]),
    st.integers(0, 5),
    st.one_of(st.none(), st.integers(0, 200)),
)


def rows(events: Iterable[tuple[str, str, str, int, int | None]]) -> list[dict[str, Any]]:
    """The events as rows of changes; event n comes n hours after the start."""
    made = []
    for n, (kind, entity, attr, value, observed) in enumerate(events):
        received = START + n * HOUR
        more: dict[str, Any] = {"entity": entity, "attr": attr, "received_us": received, "observed_us": None}
        if kind == "value":
            at = None if observed is None else START + observed * HOUR
            more |= {"number": float(value), "observed_us": at, "seen": at is not None}
            if at is None:
                more["body"] = msgspec.json.encode({"type": "Property", "value": value})
        elif kind == "gone":
            more |= {"change": 2, "body": b'{"type":"Property","value":"urn:ngsi-ld:null"}'}
        else:
            more |= {"attr": "", "change": 0 if kind == "create" else 2, "body": b'{"type":["urn:T"]}'}
        made.append(row_of() | more)
    return made


def replay(given_rows: list[dict[str, Any]], at_us: int) -> dict[str, dict[str, Any]]:
    """What counts at a moment, the last by (moment, arrival), unless something that came later ended it."""
    known: dict[str, dict[str, Any]] = {}
    for entity in {row["entity"] for row in given_rows}:
        mine = []
        for n, row in enumerate(given_rows):
            moment = row["received_us"] if row["observed_us"] is None else row["observed_us"]
            if row["entity"] == entity and moment <= at_us:
                mine.append((moment, n, row))
        lives = [(m, n, r) for m, n, r in mine if r["attr"] == ""]
        life = max(lives, key=lambda item: item[:2], default=None)
        values = {}
        for attr in ("urn:x", "urn:y"):
            of_attr = [item for item in mine if item[2]["attr"] == attr]
            ends = [item for item in of_attr if item[2]["change"] == 2]
            end = max(ends, key=lambda item: item[:2], default=None)
            last = max((i for i in of_attr if i[2]["change"] != 2), key=lambda item: item[:2], default=None)
            if last and (end is None or end[1] < last[1]) and (life is None or life[1] < last[1]):
                values[attr] = last[2]["number"]
        if values or (life and life[2]["change"] == 0):
            known[entity] = values
    return known


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(event, max_size=40), keeps=st.lists(st.integers(0, 40), max_size=3))
def test_as_of_is_what_a_replay_comes_to(tmp_path_factory: Any, events: list[Any], keeps: list[int]) -> None:
    asyncio.run(compare(tmp_path_factory.mktemp("past"), events, keeps))


async def compare(folder: Path, events: list[Any], keeps: list[int]) -> None:
    outboxes = Outboxes(folder / "tenants")
    outbox = outboxes.open("city")
    now = START
    histories = Histories(folder / "tenants", outboxes, Settings(data=folder), lambda: now)
    all_rows = rows(events)
    try:
        history = histories.open("city")
        for n, row in enumerate(all_rows):
            outbox.put(row)
            now = START + n * HOUR
            if n in keeps:
                await history.drain()
                await histories.keep("city", daily=True)
        await history.drain()
        if 40 in keeps:
            now = START + 60 * DAY
            await histories.keep("city", daily=True)
        for hour in (0, 5, 23, 24, 39, 48, 100, 150, 300):
            at_us = START + hour * HOUR
            shown = {
                entity["id"]: {attr: float(found[0]["value"]) for attr, found in entity["attrs"].items()}
                for entity in await history.as_of(at_us)
            }
            expected = {
                entity: {attr: value if value is not None else None for attr, value in values.items()}
                for entity, values in replay(all_rows, at_us).items()
            }
            assert shown == expected, f"at hour {hour}"
    finally:
        await histories.stop()
