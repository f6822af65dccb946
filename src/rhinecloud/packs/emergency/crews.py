"""What the people aboard a simulated unit do: stand by or go on patrol; take an order, drive, work, come home.

A pure function of the orders and the instant. Each order is worked out once into stretches of time ("legs"), from what
the unit did before it; between and after them it lives its own life, which follows from the seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from rhinecloud.kit import Acting, Crew, Order, Orders, Reply, chance

from .driving import Drive, Position, distance_m, drive, net
from .stations import HOSPITALS

MINUTE: Final = 60.0
ROUND_S: Final = 20 * MINUTE
"""How long a patrol drives to and stands at each of its places."""
SHIFT_S: Final = 8 * 3600.0
WITH_LIGHTS_MS: Final = 12.5
USUAL_MS: Final = 8.5
REPORT_S: Final = 6.0
"""How often a unit on the move tells where it is."""
ASKED: Final = ("order", "moved", "recall", "speak")
"""What a message of the command centre may be about, as its `data.kind` says; what else it says is read, no more."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What the crew is like."""

    id: str
    vehicle: str
    home: Position
    seed: int
    patrols: bool = False


class Leg(msgspec.Struct, frozen=True):
    """From an instant on: a status, and a drive or a stand."""

    start_s: float
    status: str
    way: Drive
    speed_ms: float = 0.0
    since_s: float | None = None  # when the status was sent, where that was before

    @property
    def sent_s(self) -> float:
        return self.start_s if self.since_s is None else self.since_s

    def place(self, at_s: float) -> Position:
        return self.way.at(self.metres(at_s))

    def metres(self, at_s: float) -> float:
        return min(self.way.length_m, max(0.0, at_s - self.start_s) * self.speed_ms)

    def moving(self, at_s: float) -> bool:
        return self.metres(at_s) < self.way.length_m


def crew(unit: Unit) -> Crew:
    """The people of a unit."""

    def act(orders: Orders, at_s: float) -> Acting:
        now = leg(unit, tuple(orders), at_s)
        return Acting(_values(now, at_s), {"radioStatus": now.sent_s})

    def reply(before: Orders, order: Order) -> tuple[Reply, ...]:
        return _replies(unit, tuple(before), order)

    return Crew(act=act, reply=reply)


def leg(unit: Unit, orders: tuple[Order, ...], at_s: float) -> Leg:
    """What it does at an instant."""
    legs = _legs(unit, orders)
    found = next((each for each in reversed(legs) if each.start_s <= at_s), None)
    if found is None:
        return own_life(unit, at_s)
    if found is legs[-1] and not found.moving(at_s) and found.status in "12":  # back: as if nothing had been
        own = own_life(unit, at_s)
        return msgspec.structs.replace(own, since_s=max(own.sent_s, found.sent_s))
    return found


def _values(now: Leg, at_s: float) -> dict[str, Any]:
    seen_s = max(now.start_s, at_s // REPORT_S * REPORT_S) if now.moving(at_s) else at_s
    driven = now.metres(seen_s)
    moving = now.moving(seen_s)
    lon, lat = now.place(seen_s)
    values: dict[str, Any] = {
        "radioStatus": now.status,
        "location": {"type": "Point", "coordinates": [lon, lat]},
        "speed": round(now.speed_ms * 3.6) if moving else 0,
    }
    return values | ({"heading": now.way.heading(driven)} if moving else {})


# ── its own life ─────────────────────────────────────────────────────────────────────────────────────────────────────


def own_life(unit: Unit, at_s: float) -> Leg:
    """Without orders: at the station, in the workshop for a shift now and then, or on patrol."""
    shift = int(at_s // SHIFT_S)
    if chance(unit.seed, f"workshop/{unit.id}", shift) < 0.02:
        return Leg(shift * SHIFT_S, "6", stand(unit.home))
    if not unit.patrols:
        return Leg(shift * SHIFT_S, "2", stand(unit.home))
    round_ = int(at_s // ROUND_S)
    way = drive(_beat(unit, round_ - 1), _beat(unit, round_))
    return Leg(round_ * ROUND_S, "1", way, max(USUAL_MS, way.length_m / (ROUND_S * 0.8)), shift * SHIFT_S)


def _beat(unit: Unit, round_: int) -> Position:
    """Where a patrol goes in a round: a corner of the net within three kilometres of its station."""
    near = _near(unit.home)
    return near[int(chance(unit.seed, f"beat/{unit.id}", round_) * len(near))]


@lru_cache(64)
def _near(home: Position) -> tuple[Position, ...]:
    return tuple(node for node in net() if distance_m(node, home) < 3_000) or (home,)


@lru_cache(256)
def stand(place: Position) -> Drive:
    return Drive((place, place), (0.0, 0.0))


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(512)
def _worked_out(unit: Unit, told: bytes) -> tuple[Leg, ...]:
    orders = msgspec.msgpack.decode(told, type=tuple[Order, ...])
    legs: tuple[Leg, ...] = ()
    for number, order in enumerate(orders):
        now, kind = leg(unit, orders[:number], order.at_s), kind_of(order)
        if kind == "recall" and now.status in "34578":
            legs = (*_until(legs, order.at_s + 5), *_home(unit, order.at_s + 5, now.place(order.at_s + 5)))
        elif kind == "speak" and now.status == "5":
            legs = tuple(each for each in legs if each.status != "5" or each.start_s > order.at_s)
        elif kind == "order" and not _refuses(unit, now, order):
            legs = (*_until(legs, order.at_s), *_job(unit, order, now, hesitates_s(unit, order)))
        elif kind == "moved" and now.status in "34578":
            legs = (*_until(legs, order.at_s), *_job(unit, order, now, 5.0))
    return legs


def _legs(unit: Unit, orders: tuple[Order, ...]) -> tuple[Leg, ...]:
    if not orders:
        return ()
    return _worked_out(unit, msgspec.msgpack.encode(orders))


def _until(legs: tuple[Leg, ...], end_s: float) -> tuple[Leg, ...]:
    return tuple(each for each in legs if each.start_s < end_s)


def _job(unit: Unit, order: Order, now: Leg, wait_s: float) -> tuple[Leg, ...]:
    """Turn out, drive, work, and come home; an ambulance by way of a hospital. Without a place, where it stands."""

    def luck(what: str) -> float:
        return chance(unit.seed, f"{what}/{unit.id}/{order.id}")

    turnout = 35 + 40 * luck("turnout") if now.status == "2" else 8 + 10 * luck("turnout")
    begins = order.at_s + wait_s + turnout
    place = place_of(order.params) or now.place(begins)
    way = drive(now.place(begins), place)
    speed = WITH_LIGHTS_MS * (0.85 + 0.3 * luck("speed"))
    there = begins + way.length_m / speed
    least, most = minutes_of_work(unit)
    works = MINUTE * (least + (most - least) * luck("work"))
    legs = [Leg(begins, "3", way, speed), Leg(there, "4", stand(place))]
    if luck("speech") < 0.2:  # wants to tell the room how it looks
        legs += [Leg(there + 150, "5", stand(place)), Leg(there + 240, "4", stand(place), since_s=there)]
    if unit.vehicle == "RTW" and luck("patient") < 0.7:
        leaves = there + works
        bring = drive(place, min(HOSPITALS, key=lambda h: distance_m(place, h)))
        arrives = leaves + bring.length_m / WITH_LIGHTS_MS
        legs += [Leg(leaves, "7", bring, WITH_LIGHTS_MS), Leg(arrives, "8", stand(bring.points[-1]))]
        done, at = arrives + MINUTE * (6 + 6 * luck("handover")), bring.points[-1]
    else:
        done, at = there + works, place
    return (*legs, *_home(unit, done, at))


def minutes_of_work(unit: Unit) -> tuple[float, float]:
    """How many minutes it works at a place, at least and at most."""
    if unit.vehicle in ("RTW", "NEF", "FuStW"):
        return (8, 20)
    return (12, 35) if unit.vehicle in ("HLF", "DLK", "ELW", "LF", "RW") else (25, 90)


def _home(unit: Unit, start_s: float, at: Position) -> tuple[Leg, ...]:
    """Free by radio on the way home; a patrol goes to where it would be by then."""
    if not unit.patrols:
        way = drive(at, unit.home)
        return (Leg(start_s, "1", way, USUAL_MS), Leg(start_s + way.length_m / USUAL_MS, "2", stand(unit.home)))
    round_ = math.ceil(start_s / ROUND_S)
    while (way := drive(at, _beat(unit, round_))).length_m / USUAL_MS > (round_ + 1) * ROUND_S - start_s:
        round_ += 1
    meets_s = (round_ + 1) * ROUND_S
    back = Leg(start_s, "1", way, way.length_m / max(60.0, meets_s - start_s))
    return (back, Leg(meets_s, "1", stand(way.points[-1]), since_s=start_s))


def kind_of(order: Order) -> str:
    """What an order is about: its message's word, or the name of the command."""
    data = order.params.get("data")
    return str(data.get("kind", order.name)) if isinstance(data, Mapping) else order.name


def place_of(params: Mapping[str, Any]) -> Position | None:
    """Where an order sends to: `data.incident.location`, or `location`, as [lon, lat] or as a GeoJSON point."""
    data = params.get("data")
    incident = data.get("incident") if isinstance(data, Mapping) else params
    given = incident.get("location") if isinstance(incident, Mapping) else None
    if isinstance(given, Mapping):
        given = given.get("coordinates")
    if isinstance(given, list | tuple) and len(given) >= 2 and all(isinstance(v, int | float) for v in given[:2]):
        return (float(given[0]), float(given[1]))
    return None


def hesitates_s(unit: Unit, order: Order) -> float:
    """How long somebody needs to look and to press the button."""
    return 7 + 18 * chance(unit.seed, f"answer/{unit.id}/{order.id}")


def _refuses(unit: Unit, now: Leg, order: Order) -> str:
    """Why it declines; "": it goes. One order in forty is declined."""
    if now.status == "6":
        return "Fahrzeug in der Werkstatt"
    return "Fahrzeug defekt" if chance(unit.seed, f"declines/{unit.id}/{order.id}") < 1 / 40 else ""


def _replies(unit: Unit, before: tuple[Order, ...], order: Order) -> tuple[Reply, ...]:
    if order.name in ("report", "ping"):
        return (Reply(after_s=0, status="confirmed"),)
    if order.name not in (*ASKED, "message"):
        return (Reply(after_s=0, status="failed", detail=f"{unit.id} takes order, message, report and ping"),)
    looked = 2 + 4 * chance(unit.seed, f"looks/{unit.id}/{order.id}")
    if kind_of(order) != "order":
        return (Reply(after_s=looked, status="confirmed", result="read"),)
    why = _refuses(unit, leg(unit, before, order.at_s), order)
    return (
        Reply(after_s=looked, status="delivered", result="read"),
        Reply(
            after_s=hesitates_s(unit, order), status="confirmed", detail=why, result="declined" if why else "accepted"
        ),
    )
