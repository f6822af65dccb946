"""Crews: what they do follows from what they were told and when; they answer, drive on streets, work and come home."""

from __future__ import annotations

import itertools
from typing import Any

from rhinecloud.kit import Order, Thing, World
from rhinecloud.packs.emergency.driving import distance_m, drive, net
from rhinecloud.packs.emergency.simulator import things
from rhinecloud.packs.emergency.stations import STATIONS, UNITS

NOW = 1_795_340_000.0
THINGS = {thing.device: thing for thing in things(World(7))}
SCENE = [6.7201, 51.4103]


def order(kind: str = "order", number: int = 1, at_s: float = NOW, place: list[float] | None = None) -> Order:
    data: dict[str, Any] = {"kind": kind, "incident": {"location": SCENE if place is None else place}}
    return Order(id=f"{kind}-{number}", name="order", params={"data": data}, at_s=at_s)


def statuses(unit: Thing, orders: tuple[Order, ...], minutes: int = 240) -> list[tuple[str, float]]:
    """Each status with when it was sent, seconds after the order."""
    assert unit.crew is not None
    found: list[tuple[str, float]] = []
    for step in range(minutes * 12):
        acting = unit.crew.act(orders, NOW + step * 5)
        told = (acting.values["radioStatus"], acting.since["radioStatus"] - NOW)
        if not found or found[-1] != told:
            found.append(told)
    return found


def accepting(unit: Thing) -> Order:
    """An order that the crew does not decline: one in forty it does."""
    assert unit.crew is not None
    found = (order(number=n) for n in itertools.count())
    return next(o for o in found if unit.crew.reply((), o)[-1].result == "accepted")


def test_a_crew_reads_accepts_drives_works_and_comes_home() -> None:
    unit = THINGS["hlf-6-1"]
    assert unit.crew is not None
    given = accepting(unit)
    read, answer = unit.crew.reply((), given)
    assert (read.status, read.result) == ("delivered", "read")
    assert 0 < read.after_s < answer.after_s < 30
    seen = statuses(unit, (given,))
    digits = [digit for digit, _ in seen]
    assert (digits[0] == "2" and [d for d in digits[1:] if d != "5"][:4] == ["3", "4", "1", "2"]) or "5" in digits
    left, there = seen[1][1], seen[2][1]
    assert answer.after_s < left < 130 and left < there < 900
    home = unit.crew.act((given,), NOW + 4 * 3600).values["location"]["coordinates"]
    assert tuple(home) == STATIONS["6"][1]


def test_the_way_goes_over_streets_and_bridges() -> None:
    way = drive((6.7030, 51.4505), (6.7870, 51.4395))  # Homberg to Duissern, across the Rhine
    assert 6_000 < way.length_m < 14_000
    on_net = [point for point in way.points[1:-1] if point in net()]
    assert len(on_net) == len(way.points) - 2
    assert any(
        distance_m(point, (6.7228, 51.4546)) < 900 or distance_m(point, (6.7127, 51.4404)) < 900 for point in on_net
    )


def test_who_is_called_back_turns_round() -> None:
    unit = THINGS["hlf-6-1"]
    given = accepting(unit)
    back = order("recall", at_s=NOW + 150)
    digits = [digit for digit, _ in statuses(unit, (given, back), 60)]
    assert digits == ["2", "3", "1", "2"]


def test_a_wish_to_speak_ends_when_it_is_answered() -> None:
    for thing in THINGS.values():
        assert thing.crew is not None
        given = accepting(thing)
        seen = statuses(thing, (given,), 90)
        asked = next((at for digit, at in seen if digit == "5"), None)
        if asked is None:
            continue
        speak = order("speak", at_s=NOW + asked + 20)
        assert thing.crew.act((given,), NOW + asked + 40).values["radioStatus"] == "5"
        assert thing.crew.act((given, speak), NOW + asked + 40).values["radioStatus"] == "4"
        return
    raise AssertionError("nobody wanted to speak")


def test_the_same_orders_give_the_same_life_and_a_patrol_moves_by_itself() -> None:
    again = {thing.device: thing for thing in things(World(7))}
    given = order()
    for device, thing in THINGS.items():
        other = again[device].crew
        assert thing.crew is not None and other is not None
        assert thing.crew.act((given,), NOW + 600) == other.act((given,), NOW + 600)
    patrol = THINGS["fustw-31-1"]
    places = {str(patrol.measure(NOW + minute * 60)["location"]) for minute in range(60)}
    assert len(places) > 5


def test_strange_orders_are_told_so_and_change_nothing() -> None:
    unit = THINGS["dlk-1-2"]
    assert unit.crew is not None
    strange = Order(id="x", name="explode", params={"data": 7}, at_s=NOW)
    assert unit.crew.reply((), strange)[0].status == "failed"
    assert statuses(unit, (strange,), 10)[0][0] in "26"
    nowhere = Order(id="y", name="order", params={"data": {"kind": "order", "incident": None}}, at_s=NOW)
    assert unit.crew.act((nowhere,), NOW + 60).values["location"]


def test_units_have_unique_numbers_and_a_station_each() -> None:
    numbers = [(station, number) for station, number, *_ in UNITS]
    assert len(set(numbers)) == len(numbers) > 40
    assert {station for station, _ in numbers} <= STATIONS.keys()
