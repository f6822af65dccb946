"""What the city counts of its environment, each with its unit, its direction and where the target comes from."""

from __future__ import annotations

from rhinecloud.kit import Indicator, Label

from .models import AIR, NOISE, SOIL, WATER, WEATHER
from .rules import RUHRORT

INDICATORS = (
    Indicator(
        id="environment.rhine-level",
        title=Label(de="Rhein am Pegel Ruhrort", en="Rhine at the gauge Ruhrort"),
        unit="MTR",
        type=WATER.name,
        attr="height",
        method="max",
        q=f'stationCode=="{RUHRORT}"',
        decimals=2,
    ),
    # UBA: at index 1 and 2 nobody has to change what they do outdoors.
    Indicator(
        id="environment.good-air",
        title=Label(de="Orte mit guter Luft", en="Places with good air"),
        unit="P1",
        type=AIR.name,
        method="share",
        q="airQualityIndex<=2",
        target=90,
        better="higher",
        by_district=True,
        decimals=0,
    ),
    # Directive (EU) 2024/2881: from 2030 on 20 µg/m³ of NO₂ and 10 of PM2.5 as the mean of a year.
    Indicator(
        id="environment.no2",
        title=Label(de="Stickstoffdioxid, Mittel", en="Nitrogen dioxide, mean"),
        unit="GQ",
        type=AIR.name,
        attr="no2",
        target=20,
        better="lower",
        by_district=True,
    ),
    Indicator(
        id="environment.pm25",
        title=Label(de="Feinstaub PM2,5, Mittel", en="Particulate matter PM2.5, mean"),
        unit="GQ",
        type=AIR.name,
        attr="pm25",
        target=10,
        better="lower",
        by_district=True,
    ),
    # WHO, Environmental Noise Guidelines for the European Region (2018): road traffic at night below 45 dB Lnight.
    Indicator(
        id="environment.quiet-nights",
        title=Label(de="Orte mit ruhiger Nacht", en="Places with a quiet night"),
        unit="P1",
        type=NOISE.name,
        method="share",
        q="Lnight<=45",
        target=80,
        better="higher",
        by_district=True,
        decimals=0,
    ),
    Indicator(
        id="environment.temperature",
        title=Label(de="Lufttemperatur", en="Air temperature"),
        unit="CEL",
        type=WEATHER.name,
        attr="temperature",
        by_district=True,
    ),
    Indicator(
        id="environment.gusts",
        title=Label(de="Stärkste Böe", en="Strongest gust"),
        unit="MTS",
        type=WEATHER.name,
        attr="gustSpeed",
        method="max",
    ),
    Indicator(
        id="environment.rain",
        title=Label(de="Regen der letzten Stunde, größter", en="Rain of the last hour, greatest"),
        unit="MMT",
        type=WEATHER.name,
        attr="precipitationLastHour",
        method="max",
    ),
    # DWD: from half of the usable field capacity on plants have all the water that they want.
    Indicator(
        id="environment.soil-water",
        title=Label(de="Pflanzenverfügbares Wasser (nFK)", en="Plant-available water"),
        unit="P1",
        type=SOIL.name,
        attr="plantAvailableWater",
        target=50,
        better="higher",
        by_district=True,
        decimals=0,
    ),
)
