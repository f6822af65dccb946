"""Forecasts as declarations: which attribute of which type is told ahead, how far, and by what pure function.

A forecast that is made is kept in the present as the attribute `<attr>Forecast`, a list of `Step`, so that the map, the
rules and the API see it like any other; how well it did is measured when the time has come (see `forecasting`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one attribute of one entity."""

    at_us: NDArray[Any]  # int64, rising: µs since 1970, one a value; gaps are simply not there
    values: NDArray[Any]  # float64, as long
    facts: Mapping[str, Any] = {}  # plain values of the entity's other attributes by term, e.g. totalSpotNumber


class Step(msgspec.Struct, frozen=True):
    """One moment of a forecast: the likely value and the band that should hold four of five outcomes."""

    at_us: int
    value: float
    low: float
    high: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """A forecast that a pack brings. `run` is pure: the same past gives the same steps; an empty list is "cannot say".

    `run` is called with what is known up to `now_us` and gives steps of `step_s` up to `horizon_s`.
    """

    id: str  # unique among all packs: "parking.free-places"
    type: str  # the entity type's name
    attr: str  # the attribute that is told ahead, its name
    horizon_s: float = 2 * HOUR_S
    step_s: float = 900
    every_s: float = 300  # how often a new one is made
    past_s: float = 28 * DAY_S  # how much of the past `run` wants
    grain_s: float = 300  # how fine: the past comes as means over this many seconds
    facts: tuple[str, ...] = ()  # names of other attributes that `run` wants to know
    run: Callable[[Past, int], Sequence[Step]]
