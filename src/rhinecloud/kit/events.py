"""What happens in a simulated city beside its rhythm: floods, storms, matches, fires, outages.

An event is a value: when it begins, how long it lasts, how strong it is. So a city's past and present follow from its
seed and its list of events, and the same list gives the same city. Some are seeded (`usual`), some open the demo so
that there is something to see at once (`opening`), some are started by a person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import InvalidRequest

from .rhythm import chance

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY


class EventKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of event that can be started by its name."""

    name: str
    label: Label
    lasts_s: float
    strength: float  # unless told otherwise
    unit: str  # what the strength is, for people
    peak: float  # when it is strongest, as a share of how long it lasts
    local: bool = False  # happens at a place


KINDS: Final = (
    EventKind(
        name="flood",
        label=Label(de="Hochwasser am Rhein", en="Flood of the Rhine"),
        lasts_s=9 * DAY,
        strength=9.6,
        unit="m at Ruhrort at its crest",
        peak=0.36,
    ),
    EventKind(
        name="storm",
        label=Label(de="Sturm", en="Storm"),
        lasts_s=10 * HOUR,
        strength=27,
        unit="m/s of gusts",
        peak=0.4,
    ),
    EventKind(
        name="downpour",
        label=Label(de="Starkregen", en="Downpour"),
        lasts_s=1.5 * HOUR,
        strength=45,
        unit="mm/h",
        peak=0.35,
    ),
    EventKind(
        name="heat",
        label=Label(de="Hitzewelle", en="Heat wave"),
        lasts_s=6 * DAY,
        strength=11,
        unit="K warmer",
        peak=0.6,
    ),
    EventKind(
        name="match",
        label=Label(de="Heimspiel", en="Home match"),
        lasts_s=5 * HOUR,
        strength=0.97,
        unit="share of the places taken",
        peak=0.5,
    ),
    EventKind(
        name="fire",
        label=Label(de="Großbrand mit Rauch", en="Fire with smoke"),
        lasts_s=4 * HOUR,
        strength=260,
        unit="µg/m³ of PM10 near it",
        peak=0.3,
        local=True,
    ),
    EventKind(
        name="outage",
        label=Label(de="Funkausfall", en="Radio outage"),
        lasts_s=2 * HOUR,
        strength=1,
        unit="share of the devices in reach that fall silent",
        peak=0.5,
        local=True,
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
REACH_KM: Final = 2.5
"""How far a local event reaches, where it has fallen to some 60 %."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    start_s: float  # since 1970 UTC
    lasts_s: float
    strength: float
    place: tuple[float, float] | None = None  # (lon, lat) of a local one

    def shape(self, at_s: float) -> float:
        """How much of its strength there is at an instant, 0 to 1: a smooth rise, and a slower fall."""
        share = (at_s - self.start_s) / self.lasts_s
        if not 0 < share < 1:
            return 0.0
        peak = BY_NAME[self.kind].peak
        part = share / peak if share < peak else (1 - share) / (1 - peak)
        return part * part * (3 - 2 * part)

    def reach(self, lon: float, lat: float) -> float:
        """How much of it a place gets, 0 to 1."""
        if self.place is None:
            return 1.0
        east_km = (lon - self.place[0]) * 111.32 * math.cos(math.radians(lat))
        north_km = (lat - self.place[1]) * 110.57
        return math.exp(-0.5 * (east_km**2 + north_km**2) / REACH_KM**2)


class Events:
    """All events of a city; asked all the time, so that what is long over or far ahead costs nothing.

    Args:
        given: those beside the usual ones.
    """

    def __init__(self, seed: int, given: Iterable[Event] = ()) -> None:
        self._seed = seed
        self.given = tuple(given)
        self._weeks: dict[int, tuple[Event, ...]] = {}

    def of(self, kind: str, at_s: float) -> list[Event]:
        """The events of a kind that are going on at an instant."""
        return [event for event in self._near(at_s) if event.kind == kind and 0 < at_s - event.start_s < event.lasts_s]

    def strongest(self, kind: str, at_s: float) -> float:
        """The greatest shape × strength of the events of a kind at an instant; 0: there is none."""
        return max((event.shape(at_s) * event.strength for event in self.of(kind, at_s)), default=0.0)

    def _near(self, at_s: float) -> tuple[Event, ...]:
        week = int(at_s // WEEK)
        known = self._weeks.get(week)
        if known is None:
            first, last = week * WEEK, (week + 1) * WEEK
            every = (*self.given, *(event for w in (week - 1, week) for event in usual(self._seed, w)))
            known = tuple(e for e in every if e.start_s < last and e.start_s + e.lasts_s > first)
            if len(self._weeks) > 120:
                self._weeks.clear()
            self._weeks[week] = known
        return known


PLACES: Final = (
    ("Marxloh", 6.7607, 51.5049),
    ("Ruhrort", 6.7347, 51.4558),
    ("Hochfeld", 6.7560, 51.4180),
    ("Meiderich", 6.7802, 51.4689),
    ("Rheinhausen", 6.7113, 51.4045),
    ("Huettenheim", 6.7292, 51.3683),
)
"""Where local events happen, unless told otherwise: the middle of districts, (lon, lat)."""


def usual(seed: int, week: int) -> tuple[Event, ...]:
    """What a week (counted from 1970) brings by itself: small things; the great ones come from the weather."""
    made = []
    for kind, likely in (("fire", 0.35), ("outage", 0.5)):
        if chance(seed, f"{kind}/there", week) < likely:
            at = week * WEEK + chance(seed, f"{kind}/when", week) * (WEEK - DAY)
            _, lon, lat = PLACES[int(chance(seed, f"{kind}/where", week) * len(PLACES))]
            made.append(event(kind, at, strength=BY_NAME[kind].strength * 0.6, place=(lon, lat)))
    return tuple(made)


def opening(began_s: float) -> tuple[Event, ...]:
    """What a demo city begins with: the Rhine is rising, smoke is in the air, and one district's radio is gone."""
    return (
        event("flood", began_s - 2.2 * DAY, strength=9.7),
        event("fire", began_s - 40 * MINUTE, place=PLACES[0][1:]),
        event("outage", began_s - 75 * MINUTE, lasts_s=5 * HOUR, place=PLACES[5][1:]),
    )


def event(
    kind: str,
    start_s: float,
    *,
    lasts_s: float | None = None,
    strength: float | None = None,
    place: tuple[float, float] | None = None,
) -> Event:
    """An event of a kind, with what the kind has where nothing is said.

    Raises:
        InvalidRequest: there is no such kind, or it cannot be so.
    """
    known = BY_NAME.get(kind)
    if known is None:
        raise InvalidRequest(f"There is no event {kind[:40]!r}; there are {', '.join(BY_NAME)}")
    if lasts_s is not None and not MINUTE <= lasts_s <= 60 * DAY:
        raise InvalidRequest("An event lasts a minute at least and 60 days at most")
    if strength is not None and not 0 < strength < 10 * known.strength:
        raise InvalidRequest(f"A strength of {strength:g} {known.unit} cannot be; usual is {known.strength:g}")
    if known.local and place is None:
        _, lon, lat = PLACES[int(start_s) % len(PLACES)]
        place = (lon, lat)
    return Event(
        kind=kind,
        start_s=start_s,
        lasts_s=known.lasts_s if lasts_s is None else lasts_s,
        strength=known.strength if strength is None else strength,
        place=place if known.local else None,
    )
