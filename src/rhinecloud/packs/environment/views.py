"""What the screens show of the environment: layers of the map, and panels beside a station's attributes."""

from __future__ import annotations

from rhinecloud.kit import Label, Layer, Panel

from .models import AIR, NOISE, SOIL, WATER, WEATHER

LAYERS = (
    Layer(type=WATER.name, label=WATER.plural, cluster=False),
    Layer(type=WEATHER.name, label=WEATHER.plural, cluster=False),
    Layer(type=AIR.name, label=AIR.plural, cluster=False),
    Layer(type=NOISE.name, label=NOISE.plural, cluster=False, on=False),
    Layer(type=SOIL.name, label=SOIL.plural, on=False),
)

PANELS = (
    Panel(
        type=WATER.name,
        title=Label(de="Wasserstand der letzten Woche", en="Water level of the last week"),
        kind="chart",
        attributes=("height",),
        hours=7 * 24,
        text=Label(
            de="Eine Welle braucht von Köln bis Ruhrort rund 16 Stunden.",
            en="A wave takes some 16 hours from Cologne to Ruhrort.",
        ),
    ),
    Panel(
        type=WATER.name,
        title=Label(de="Marken", en="Marks"),
        kind="figures",
        attributes=("height", "floodMark1", "floodMark2", "meanLevel", "levelState", "shippingState", "flow"),
    ),
    Panel(
        type=WEATHER.name,
        title=Label(de="Temperatur und Böen", en="Temperature and gusts"),
        kind="chart",
        attributes=("temperature", "gustSpeed"),
        hours=48,
    ),
    Panel(
        type=WEATHER.name,
        title=Label(de="Regen der letzten Stunde", en="Rain of the last hour"),
        kind="chart",
        attributes=("precipitationLastHour",),
        hours=48,
        text=Label(
            de="Ab 15 mm warnt der DWD vor Starkregen.", en="From 15 mm on the weather service warns of heavy rain."
        ),
    ),
    Panel(
        type=AIR.name,
        title=Label(de="Luftqualität", en="Air quality"),
        kind="figures",
        attributes=("airQualityIndex", "airQualityLevel", "no2", "pm10", "pm25", "o3", "so2"),
        text=Label(
            de="1 sehr gut bis 5 sehr schlecht; der schlechteste Stoff zählt (Umweltbundesamt).",
            en="1 very good to 5 very poor; the worst pollutant counts (German environment agency).",
        ),
    ),
    Panel(
        type=AIR.name,
        title=Label(de="Schadstoffe im Lauf des Tages", en="Pollutants over the day"),
        kind="chart",
        attributes=("no2", "pm10"),
        hours=48,
    ),
    Panel(
        type=NOISE.name,
        title=Label(de="Tag und Nacht", en="Day and night"),
        kind="figures",
        attributes=("LAeq", "Lden", "Lnight", "noiseSource", "areaKind"),
        text=Label(
            de="Lden und Lnight der letzten 24 Stunden; maßgeblich ist sonst das Jahr.",
            en="Lden and Lnight of the last 24 hours; what counts in law is the year.",
        ),
    ),
    Panel(
        type=NOISE.name,
        title=Label(de="Pegel im Lauf des Tages", en="Level over the day"),
        kind="chart",
        attributes=("LAeq",),
        hours=24,
    ),
    Panel(
        type=SOIL.name,
        title=Label(de="Wasser im Boden", en="Water in the soil"),
        kind="chart",
        attributes=("plantAvailableWater",),
        hours=30 * 24,
        text=Label(de="Unter 30 % leiden die Pflanzen.", en="Below 30 % plants suffer."),
    ),
)
