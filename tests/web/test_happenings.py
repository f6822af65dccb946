"""What happens in the command centre arrives at the screens of those who may know it, and of nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from rhinecloud.access import parse_grant, system
from rhinecloud.operations import Report
from rhinecloud.web.live import Live, Looker
from rhinecloud.web.rooms import Rooms

from .conftest import Screens

ADMIN = system("test")


@pytest.fixture
async def live(screens: Screens) -> AsyncIterator[Live]:
    city = screens.city
    made = Live(
        Rooms(
            settings=city.settings,
            access=city.access,
            presents=city.presents,
            model=city.model,
            backbone=city.backbone,
            operations=city.centre.operations,
            packs=city.packs,
            clock=city.clock,
        )
    )
    yield made
    await made.stop()


async def heard(events: AsyncIterator[bytes], what: str) -> dict[str, Any]:
    while True:
        event = await asyncio.wait_for(anext(events), 5)
        if event.split(b"\n")[1] == b"event: operations":
            news: dict[str, Any] = msgspec.json.decode(event.split(b"data: ")[1])
            if news["what"] == what:
                return news


def report(screens: Screens, title: str, *agencies: str) -> Any:
    desk = screens.city.centre.operations.desk("city", ADMIN)
    made, _ = desk.report(Report(type="fire", title=title, agencies=agencies))
    return made


async def test_an_incident_arrives_at_those_whose_agency_takes_part_and_at_no_other(
    screens: Screens, live: Live
) -> None:
    everything, fire, police = (
        live.follow("city", Looker(None, things=False, agencies=seen), "", lambda: True)
        for seen in (None, frozenset({"fire"}), frozenset({"police"}))
    )
    for events in (everything, fire, police):
        await anext(events)
    await asyncio.to_thread(report, screens, "Not for the police", "fire")
    shared = await asyncio.to_thread(report, screens, "For both", "fire", "police")
    first = await heard(everything, "incident.reported")
    assert first.keys() == {"number", "what", "subject", "incident", "at_us", "by", "detail"}
    assert (await heard(fire, "incident.reported"))["incident"] == first["incident"]
    assert (await heard(police, "incident.reported"))["incident"] == shared.id
    for events in (everything, fire, police):
        await events.aclose()


async def test_the_same_bytes_go_to_every_screen(screens: Screens, live: Live) -> None:
    lookers = [live.follow("city", Looker(None, things=False, agencies=None), "", lambda: True) for _ in range(3)]
    for events in lookers:
        await anext(events)
    await asyncio.to_thread(report, screens, "One encoding")
    told = [await asyncio.wait_for(anext(events), 5) for events in lookers]
    assert told[0] is told[1] is told[2]
    for events in lookers:
        await events.aclose()


async def test_who_may_not_look_any_more_is_cut_off_before_the_next_event(screens: Screens, live: Live) -> None:
    people, good = screens.city.access.people, [True]
    people.add(ADMIN, "weber", title="A. Weber", grants=[parse_grant("operator")])
    events = live.follow("city", Looker(None, things=False, agencies=None), "", lambda: good[0])
    await anext(events)
    good[0] = False
    await asyncio.to_thread(people.disable, ADMIN, "weber")
    assert b"event: over" in await asyncio.wait_for(anext(events), 5)
