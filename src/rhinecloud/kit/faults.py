"""Devices that fail, as devices do: a few per cent of a fleet, each with one weakness of its own.

A device's weakness follows from the seed and its id, and what it does at an instant from the instant: faults are the
same in the past that is filled in and in the present.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from .events import Events
from .rhythm import chance

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR

SHARES: Final = (
    ("silent", 0.012),  # an empty battery, for days
    ("ahead", 0.006),  # a clock that is minutes fast: what it tells is of the future
    ("behind", 0.006),  # a clock that missed the change to winter time
    ("stuck", 0.014),  # the same value for days
    ("drift", 0.012),  # a value that wanders off, until somebody cleans the sensor
    ("gaps", 0.018),  # a bad radio: it sends what it kept once it is heard again
    ("spikes", 0.010),  # a loose contact
)
"""Weaknesses, and what share of the devices has each."""


class Saying(msgspec.Struct):
    """What a device says of an instant: which instant it takes it for, and its values; late where it had to wait."""

    at_s: float
    values: dict[str, Any]
    kept: bool = False  # cannot be sent now, and is sent later


class Faults:
    """The faults of a city's devices."""

    def __init__(self, seed: int, events: Events) -> None:
        self._seed, self._events = seed, events
        self._known: dict[str, str] = {}

    def weakness(self, device: str) -> str:
        """Of a device, one of `SHARES`; "": it has none."""
        known = self._known.get(device)
        if known is None:
            luck, known = chance(self._seed, f"defect/{device}"), ""
            for name, share in SHARES:
                if luck < share:
                    known = name
                    break
                luck -= share
            self._known[device] = known
        return known

    def frozen(self, device: str, at_s: float) -> float:
        """The instant whose values a device shows: earlier than `at_s` while it is stuck."""
        if self.weakness(device) != "stuck":
            return at_s
        cycle, part = self._phase(device, at_s, 6 * _DAY)
        return cycle if part < 0.6 else at_s

    def silent(self, device: str, at_s: float, place: tuple[float, float]) -> bool:
        """Whether nothing is heard of it: its battery is empty, or the radio of its district is out."""
        if self.weakness(device) == "silent" and self._phase(device, at_s, 12 * _DAY)[1] < 0.7:
            return True
        for outage in self._events.of("outage", at_s):
            if chance(self._seed, f"reached/{device}") < outage.strength * outage.reach(*place) * 0.9:
                return True
        return False

    def say(self, device: str, at_s: float, values: dict[str, Any], main: str) -> Saying:
        """What becomes of a reading; `values` are those of `frozen(device, at_s)`, `main` is the name of the first."""
        weakness = self.weakness(device)
        said = Saying(at_s, values)
        if weakness == "ahead":
            said.at_s = at_s + 7 * _MINUTE
        elif weakness == "behind":
            said.at_s = at_s - _HOUR
        elif weakness == "gaps":
            said.kept = self._phase(device, at_s, 3 * _HOUR)[1] < 0.3
        elif weakness in ("drift", "spikes") and type(values.get(main)) in (int, float):
            value = values[main]
            if weakness == "drift":
                value *= 1 + 0.4 * self._phase(device, at_s, 45 * _DAY)[1]
            elif chance(self._seed, f"spike/{device}", int(at_s // 600)) < 0.08:
                value = value * 12 + 40
            said.values = values | {main: round(value, 2) if type(values[main]) is float else round(value)}
        return said

    def _phase(self, device: str, at_s: float, cycle_s: float) -> tuple[float, float]:
        """When the device's cycle began, and how much of it has passed (0 to 1)."""
        offset = chance(self._seed, f"phase/{device}") * cycle_s
        number, part = divmod((at_s + offset) / cycle_s, 1.0)
        return number * cycle_s - offset, part
