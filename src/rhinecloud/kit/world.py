"""What every simulated thing of a city has in common: the seed, the calendar, the weather, the events."""

from __future__ import annotations

from collections.abc import Iterable

from .calendar import Moment, moment
from .events import Event, Events
from .rhythm import Noise
from .weather import Sky, Weather

SEED = 7
"""The demo city is the same everywhere, so that people can talk about it."""


class World:
    """Given to each pack's simulator. All that it tells is a pure function of (seed, events, instant)."""

    def __init__(self, seed: int = SEED, events: Iterable[Event] = ()) -> None:
        self.seed = seed
        self.events = Events(seed, events)
        self.sky = Sky(seed, self.events)
        self._at = float("nan")
        self._moment = moment(0.0)

    def noise(self, name: str, period_s: float) -> Noise:
        """Smooth noise of this city; the same name is the same noise."""
        return Noise(self.seed, name, period_s)

    def moment(self, at_s: float) -> Moment:
        """Local hour and day."""
        if at_s != self._at:
            self._at, self._moment = at_s, moment(at_s)
        return self._moment

    def weather(self, at_s: float) -> Weather:
        return self.sky.at(at_s)
