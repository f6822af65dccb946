"""What the screens show of parking: layers of the map, and panels beside a car park's attributes."""

from __future__ import annotations

from rhinecloud.kit import Label, Layer, Panel

from .models import CAR_PARK, GROUP, SPOT, STREET

LAYERS = (
    Layer(type=CAR_PARK.name, label=CAR_PARK.plural),
    Layer(type=STREET.name, label=STREET.plural, min_zoom=12),
    Layer(type=GROUP.name, label=GROUP.plural, on=False),
    Layer(type=SPOT.name, label=SPOT.plural, on=False, min_zoom=15),
)

_STATE = ("availableSpotNumber", "totalSpotNumber", "occupancy", "occupancyTrend", "status")

PANELS = (
    Panel(
        type=CAR_PARK.name,
        title=Label(de="Jetzt", en="Now"),
        kind="figures",
        attributes=(*_STATE, "availableDisabledSpotNumber", "availableChargingSpotNumber"),
    ),
    Panel(
        type=CAR_PARK.name,
        title=Label(de="Die nächsten zwei Stunden", en="The next two hours"),
        kind="table",
        attributes=("availableSpotNumberForecast",),
        text=Label(
            de="Das Band hält vier von fünf Fällen; wie gut die Vorhersage zuletzt war, steht bei ihr.",
            en="The band holds four of five cases; how good the forecast was of late stands with it.",
        ),
    ),
    Panel(
        type=CAR_PARK.name,
        title=Label(de="Freie Plätze des letzten Tages", en="Free places of the last day"),
        kind="chart",
        attributes=("availableSpotNumber",),
        hours=24,
    ),
    Panel(
        type=CAR_PARK.name,
        title=Label(de="Zufahrt und Preis", en="Access and price"),
        kind="figures",
        attributes=(
            *("openingHours", "maximumAllowedHeight", "pricePerHour", "priceMaximumPerDay", "feeDescription"),
            *("disabledSpotNumber", "chargingSpotNumber", "womenSpotNumber", "provider"),
        ),
    ),
    Panel(
        type=CAR_PARK.name,
        title=Label(de="Wenn hier voll ist", en="If it is full here"),
        kind="guidance",
        text=Label(
            de="Die nächsten Parkhäuser mit Platz in zehn Minuten, und warum.",
            en="The nearest car parks with room in ten minutes, and why.",
        ),
    ),
    Panel(type=STREET.name, title=Label(de="Jetzt", en="Now"), kind="figures", attributes=_STATE),
    Panel(
        type=SPOT.name, title=Label(de="Jetzt", en="Now"), kind="figures", attributes=("status", "reservedFor", "name")
    ),
)
