"""Free places in the next two hours: the car park's own days and weeks, and how far today is from them.

For each step ahead one small linear model tells the change from now: by how much the same hours of the same weekday and
of the same kind of day (working day, Saturday, Sunday or holiday) usually change, how far the car park now is from
both, and where it has been heading for an hour. It is fitted anew at every call to the last six weeks, and held towards
the coefficients that fitted 176 German car parks together (`PRIOR`), so that it works from the first hour on and does
not chase noise. The band holds four of five outcomes: quantiles of what the model missed by at this time of day.

Pure, and numpy only. How good it is stands in docs/decisions/0024 and is measured by
bench/parking_forecast.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from rhinecloud.kit import Past, Step, moment

from .priors import PRIOR, SPREAD, Prior

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SLOT_S: Final = 900
DAY: Final = 96  # slots
WEEK: Final = 7 * DAY
PAST: Final = 6 * WEEK
AHEAD: Final = 8  # steps, a slot each
STALE_S: Final = 2700  # older than that a value says nothing of now
STUCK: Final = 12 * 4  # slots without the least change: the counter hangs, or the place is closed
FEWEST: Final = 200  # rows from which the band is this car park's own
FAR: Final = 0.2  # share of all places: a distance from the usual counts for no more
HELD: Final = 60.0  # how many rows the prior is worth
_ZONE: Final = ZoneInfo("Europe/Berlin")


# Columns of `Slots.features`: change usual on such days, distance to the usual of such days, last quarter of an hour,
# last hour, last hour beyond the usual; then change usual in the week, distance to it, last hour beyond it.
LEVELS: Final = ((0, 1, 2, 3, 5, 6, 7), (0, 1, 2, 3, 4), (2, 3))
"""Columns used: with weeks of past, with days, with hours only."""
HEADING: Final = [2, 3, 4, 7]
"""Columns that tell where it has been heading."""


def free_places(past: Past, now_us: int) -> Sequence[Step]:
    """Steps of a quarter of an hour over two hours; none where there is too little to say anything.

    Args:
        past: of `availableSpotNumber`, places; `totalSpotNumber` among its facts, where it is known.
    """
    import numpy as np

    at_s, values = past.at_us / 1e6, np.asarray(past.values, float)
    if not len(values) or str(past.facts.get("status", "")).startswith("closed"):
        return []
    size = size_of(values, past.facts.get("totalSpotNumber"))
    slots = Slots(at_s, np.clip(values, 0, size) / size, now_us / 1e6)
    steps: list[Step] = []
    for ahead in range(1, AHEAD + 1):
        told = slots.tell(ahead)
        if told is None:
            return []
        value, low, high = (float(min(max(figure, 0.0), 1.0)) * size for figure in told)
        at_us = now_us + ahead * SLOT_S * 1_000_000
        steps.append(Step(at_us, round(value, 1), round(low, 1), round(high, 1)))
    return steps


def size_of(values: Array, told: Any) -> float:
    """How many places there are, as far as the counter itself does not say more."""
    import numpy as np

    most = float(np.quantile(values, 0.999))
    known = float(told) if isinstance(told, int | float) and not isinstance(told, bool) else 0.0
    return max(known, most, 1.0)


class Slots:
    """Shares of free places in slots of local time, the last of them now, with what is usual at each.

    Days of the year on which clocks are changed have an hour twice or not at all; the later value stands.
    """

    def __init__(self, at_s: Array, shares: Array, now_s: float) -> None:
        import numpy as np

        times = now_s - SLOT_S * np.arange(PAST + 8, -1, -1.0)
        newest = np.searchsorted(at_s, times, side="right") - 1
        age = times - at_s[np.maximum(newest, 0)]
        known = (newest >= 0) & (age <= STALE_S)
        seen = np.where(known, shares[np.maximum(newest, 0)], np.nan)
        offsets = _offsets(times)
        index = np.round((times + offsets - times[-1] - offsets[-1]) / SLOT_S).astype(int) + PAST + AHEAD
        # Slots still to come stand at the end, unknown.
        self.y = np.full(PAST + 2 * AHEAD + 1, np.nan)
        self.now = PAST + AHEAD
        fits = index >= 0
        self.y[index[fits]] = seen[fits]
        hung = _stuck(self.y[: self.now + 1])
        self.hung_at = float(self.y[self.now]) if hung[self.now] else None
        self.y[: self.now + 1][hung] = np.nan
        day = ((times[-1] + offsets[-1]) + SLOT_S * (np.arange(len(self.y)) - self.now)) // 86_400
        self.kind = _kinds(day)
        self.week = self._usual(WEEK, ((1, 1.0), (2, 0.8), (3, 0.6), (4, 0.5)), alike=False)
        self.day = self._usual(DAY, tuple((days, 0.85**days) for days in range(1, 15)), alike=True)
        # A holiday is no Thursday.
        off = self.kind != _nominal(day)
        self.week[off] = self.day[off]
        self._known_now: Array | None = None

    def _usual(self, step: int, lags: Sequence[tuple[int, float]], *, alike: bool) -> Array:
        """Weighted mean of earlier days at the same time; of the same kind of day only, where `alike`."""
        import numpy as np

        total, weight = np.zeros(len(self.y)), np.zeros(len(self.y))
        for count, share in lags:
            shift = step * count
            if shift >= len(self.y):
                break
            then = self.y[:-shift]
            take = ~np.isnan(then)
            if alike:
                take &= self.kind[shift:] == self.kind[:-shift]
            total[shift:][take] += share * then[take]
            weight[shift:][take] += share
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(weight > 0, total / weight, np.nan)

    def features(self, ahead: int) -> Array:
        """Shape (slots, 8): of each slot, what is known at it of the change `ahead` slots on; NaN where not known."""
        import numpy as np

        now = self._now_features()
        return np.column_stack(
            (ahead_of(self.day, ahead) - self.day, now[:, :4], ahead_of(self.week, ahead) - self.week, now[:, 4:])
        )

    def _now_features(self) -> Array:
        import numpy as np

        if self._known_now is None:
            y, week, day = self.y, self.week, self.day
            hour = y - _back(y, 4)
            to_day, to_week = hour - (day - _back(day, 4)), hour - (week - _back(week, 4))
            # A counter that was set anew is not on its way back to where it stood.
            from_day, from_week = (FAR * np.tanh((usual - y) / FAR) for usual in (day, week))
            self._known_now = np.column_stack((from_day, y - _back(y, 1), hour, to_day, from_week, to_week))
        return self._known_now

    def tell(self, ahead: int) -> tuple[float, float, float] | None:
        """(share, low, high) `ahead` slots from now; None where nothing can be said."""
        import numpy as np

        every, change = self.features(ahead), ahead_of(self.y, ahead) - self.y
        known = every[self.now].copy()
        if not np.isnan(self.y[self.now]):
            # A counter that was silent for the last hour says nothing of where it is heading.
            known[HEADING] = np.nan_to_num(known[HEADING])
        for level, columns in enumerate(LEVELS):
            x, here = every[:, columns], known[list(columns)]
            if np.isnan(here).any():
                continue
            rows = np.flatnonzero(~np.isnan(x).any(axis=1) & ~np.isnan(change))
            rows = rows[-len(rows) % 2 :: 2] if len(rows) > 4 * FEWEST else rows  # neighbours say the same
            change = np.clip(change, *np.quantile(change[rows], (0.002, 0.998))) if len(rows) > FEWEST else change
            prior = PRIOR[level][ahead - 1]
            weights = fit(x[rows], change[rows], np.array(prior.weights), np.array(SPREAD[level]))
            value = float(self.y[self.now] + here @ weights)
            missed = change[rows] - x[rows] @ weights
            if len(rows) < FEWEST:
                wider = _wider(missed, prior)
                return value, value + prior.low * wider, value + prior.high * wider
            low, high = self._band(rows, missed)
            # The future is a little less like the past than the past is like itself.
            wider = 1 + 0.015 * ahead
            return value, value + low * wider, value + high * wider
        return self._without_now(ahead)

    def _band(self, rows: NDArray[np.intp], missed: Array) -> tuple[float, float]:
        """Between which the model missed in four of five cases: at such hours, on such days, rather of late."""
        import numpy as np

        apart = np.abs((rows - self.now + DAY // 2) % DAY - DAY // 2)
        weight = np.exp(-0.5 * (apart / 6) ** 2) * np.exp((rows - self.now) / (3 * WEEK))
        weight *= np.where(self.kind[rows] == self.kind[self.now], 1.0, 0.4)
        order = np.argsort(missed)
        risen = np.cumsum(weight[order])
        low, high = np.interp((0.1 * risen[-1], 0.9 * risen[-1]), risen, missed[order])
        return min(float(low), 0.0), max(float(high), 0.0)

    def _without_now(self, ahead: int) -> tuple[float, float, float] | None:
        """What is usual at that hour, where nothing is known of now.

        Where the counter has not moved for long, it is the counter's value: perhaps it is so. The band then holds both.
        """
        import numpy as np

        usual = np.where(np.isnan(self.day), self.week, self.day)
        value, missed = float(usual[self.now + ahead]), self.y - usual
        rows = np.flatnonzero(~np.isnan(missed))
        if np.isnan(value) or len(rows) < FEWEST:
            return None if self.hung_at is None else (self.hung_at, self.hung_at, self.hung_at)
        low, high = self._band(rows, missed[rows])
        if self.hung_at is None:
            return value, value + low, value + high
        return self.hung_at, min(self.hung_at, value + low), max(self.hung_at, value + high)


def _wider(missed: Array, prior: Prior) -> float:
    """How much wider than usual the band is, by what was missed today; as `FEWEST` / 5 rows say that it is as usual."""
    import numpy as np

    usual = (prior.high - prior.low) / 2.56  # the standard deviation of a normal law with that band
    few = FEWEST / 5
    spread = (float((missed**2).sum()) + few * (1.3 * usual) ** 2) / (len(missed) + few)
    return max(1.0, float(np.sqrt(spread)) / usual)


def fit(x: Array, change: Array, prior: Array, spread: Array) -> Array:
    """Least squares, held towards `prior` as if `HELD` rows of the usual spread had said so."""
    import numpy as np

    held = np.diag(HELD * spread**2)
    return np.asarray(np.linalg.solve(x.T @ x + held, x.T @ change + held @ prior))


def _back(y: Array, slots: int) -> Array:
    """At each slot what stood `slots` earlier."""
    import numpy as np

    moved = np.full(len(y), np.nan)
    moved[slots:] = y[:-slots]
    return moved


def ahead_of(y: Array, slots: int) -> Array:
    """At each slot what stands `slots` later."""
    import numpy as np

    moved = np.full(len(y), np.nan)
    moved[:-slots] = y[slots:]
    return moved


def _stuck(y: Array) -> NDArray[np.bool_]:
    """Slots in runs without any change that last too long, unless most of the past is such: then it is so."""
    import numpy as np

    starts = np.flatnonzero(np.concatenate(([True], y[1:] != y[:-1])))
    lengths = np.diff(np.append(starts, len(y)))
    hung = np.repeat((lengths > STUCK) & ~np.isnan(y[starts]), lengths)
    return hung if hung.sum() < 0.5 * (~np.isnan(y)).sum() else np.zeros(len(y), bool)


def _offsets(times: Array) -> Array:
    """Seconds of local time ahead of UTC, for each time."""
    import numpy as np

    def ahead(at_s: float) -> float:
        offset = datetime.fromtimestamp(at_s, UTC).astimezone(_ZONE).utcoffset()
        return offset.total_seconds() if offset else 0.0

    days = np.arange(times[0] // 86_400, times[-1] // 86_400 + 2) * 86_400
    told = np.array([ahead(float(day)) for day in days])
    if (told == told[0]).all():
        return np.full(len(times), told[0])
    return np.array([ahead(float(at)) for at in times])


def _kinds(days: Array) -> NDArray[np.int_]:
    """0 working day, 1 Saturday, 2 Sunday or holiday, for each local day (counted from 1970)."""
    import numpy as np

    known = {day: _KIND[moment(day * 86_400 + 39_600).day.kind] for day in np.unique(days).tolist()}
    return np.array([known[day] for day in days.tolist()])


_KIND: Final = {"work": 0, "saturday": 1, "sunday": 2}


def _nominal(days: Array) -> NDArray[np.int_]:
    import numpy as np

    weekday = (days.astype(int) + 3) % 7
    return np.asarray(np.maximum(weekday - 4, 0))
