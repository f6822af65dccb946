"""The forecasts that this pack brings. The model is loaded when the first is made."""

from __future__ import annotations

from collections.abc import Sequence

from rhinecloud.kit import Forecast, Past, Step

from .models import CAR_PARK, STREET

DAY_S = 86_400


def _free_places(past: Past, now_us: int) -> Sequence[Step]:
    from .forecast import free_places

    return free_places(past, now_us)


FORECASTS = tuple(
    Forecast(
        id=f"parking.free-places{suffix}",
        type=kind.name,
        attr="availableSpotNumber",
        horizon_s=7200,
        step_s=900,
        every_s=300,
        past_s=42 * DAY_S,
        grain_s=300,
        facts=("totalSpotNumber", "status"),
        run=_free_places,
    )
    for kind, suffix in ((CAR_PARK, ""), (STREET, "-street"))
)
