"""The rhythms that simulators are made of: hour, weekday, and smooth seeded noise, a pure function of time.

Noise is a hash of (seed, step), joined smoothly: any instant can be asked for in any order, and a month of it costs no
memory. A random walk would need its whole past for one value.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Europe/Berlin")


class Noise:
    """Smooth noise of zero mean and a reach of about ±1, which changes over `period_s`."""

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        self._key = blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
        self.period_s = period_s

    def __call__(self, at_s: float) -> float:
        step, part = divmod(at_s / self.period_s, 1.0)
        ease = part * part * (3 - 2 * part)
        first, second = self._node(int(step)), self._node(int(step) + 1)
        return first + (second - first) * ease

    def _node(self, step: int) -> float:
        digest = blake2b(step.to_bytes(8, "big", signed=True), key=self._key, digest_size=4).digest()
        return int.from_bytes(digest, "big") / 0x7FFFFFFF - 1


def hour_of_day(at_s: float) -> float:
    """Local hour with its fraction, 0 ≤ h < 24."""
    local = datetime.fromtimestamp(at_s, UTC).astimezone(_ZONE)
    return local.hour + local.minute / 60 + local.second / 3600


def weekday(at_s: float) -> int:
    """Local day of the week, Monday 0 to Sunday 6."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(_ZONE).weekday()


def day_of_year(at_s: float) -> int:
    return datetime.fromtimestamp(at_s, UTC).astimezone(_ZONE).timetuple().tm_yday


def bell(hour: float, centre: float, width: float) -> float:
    """A bump of height 1 around the hour `centre`, round the clock; `width` is its standard deviation in hours."""
    distance = (hour - centre + 12) % 24 - 12
    return math.exp(-0.5 * (distance / width) ** 2)
