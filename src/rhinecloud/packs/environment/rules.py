"""When the environment becomes a risk: official marks and warning criteria wherever there are any, with their source.

Limits to be lifted lie away from limits to be raised, so that a value that wavers raises one alert and not ten.
Sources: WSV, Hochwassermarken of the Rhine (RheinSchPV, 10.01); DWD, Warnkriterien; 39. BImSchV; UBA,
Luftqualitätsindex 2025; TA Lärm, 6.1; the stages at Ruhrort from what the city and its services have said in public.
"""

from __future__ import annotations

from rhinecloud.kit import Ahead, Change, Label, Rule

from .flood import FLOOD
from .models import AIR, NOISE, SOIL, WATER, WEATHER
from .playbooks import AIR_POOR, HEAT, RAIN, STORM, WATERING

HOUR = 3600.0
RUHRORT = "2770010"

# gauge, its number, Hochwassermarke I and II (m): from I on ships go slowly and in mid-stream, from II on they stop
MARKS = (
    ("koeln", "Köln", "2730010", 6.2, 8.3),
    ("duesseldorf", "Düsseldorf", "2750010", 7.1, 8.8),
    ("ruhrort", "Duisburg-Ruhrort", RUHRORT, 9.3, 11.3),
    ("wesel", "Wesel", "2770040", 8.7, 10.6),
    ("emmerich", "Emmerich", "2790020", 7.0, 8.7),
)


def _marks() -> tuple[Rule, ...]:
    made = []
    for slug, name, number, first, second in MARKS:
        here = number == RUHRORT
        made.append(
            Rule(
                id=f"environment.flood-mark-1-{slug}",
                title=Label(de=f"Hochwassermarke I am Pegel {name}", en=f"Flood mark I at the gauge {name}"),
                text=Label(
                    de="{name}: {value} {unit} seit {since}. Schiffe fahren langsam und in der Strommitte.",
                    en="{name}: {value} {unit} since {since}. Ships go slowly and in mid-stream.",
                ),
                type=WATER.name,
                q=f'stationCode=="{number}";height>={first};height<{second}',  # from mark II on it is that alert
                until_q=f"height<{first - 0.1:.1f}|height>={second}",
                attr="height",
                severity="major" if here else "minor",
                playbook=FLOOD.id if here else "",
            )
        )
        made.append(
            Rule(
                id=f"environment.flood-mark-2-{slug}",
                title=Label(de=f"Hochwassermarke II am Pegel {name}", en=f"Flood mark II at the gauge {name}"),
                text=Label(
                    de="{name}: {value} {unit} seit {since}. Die Schifffahrt ist eingestellt.",
                    en="{name}: {value} {unit} since {since}. Shipping has stopped.",
                ),
                type=WATER.name,
                q=f'stationCode=="{number}";height>={second}',
                until_q=f"height<{second - 0.1:.1f}",
                attr="height",
                severity="critical" if here else "major",
                playbook=FLOOD.id if here else "",
            )
        )
    return tuple(made)


# name, from (m at Ruhrort), lifted below (m), severity, what happens
STAGES = (
    ("gate", 7.0, 6.8, "minor", "Sperrtor Marientor schließen", "Close the flood gate Marientor"),
    ("gate-latest", 8.5, 8.3, "major", "Marientor muss geschlossen sein", "The Marientor has to be closed"),
    ("tunnel", 9.8, 9.6, "critical", "Stadtbahntunnel Schwanentor sichern", "Secure the tram tunnel at Schwanentor"),
    ("dike-watch", 10.5, 10.3, "critical", "Deichwachen verstärken", "Reinforce the dike watch"),
    ("dike-homberg", 11.0, 10.8, "critical", "Notdeich Homberg, Räumung vorbereiten", "Emergency dike at Homberg"),
)


def _stages() -> tuple[Rule, ...]:
    return tuple(
        Rule(
            id=f"environment.ruhrort-{name}",
            title=Label(de=f"Rhein {level:.1f} m: {de}".replace(".", ",", 1), en=f"Rhine {level:.1f} m: {en}"),
            text=Label(
                de="{name} steht seit {since} bei {value} {unit}.", en="{name} is at {value} {unit} since {since}."
            ),
            type=WATER.name,
            q=f'stationCode=="{RUHRORT}";height>={level}',
            until_q=f"height<{until}",
            attr="height",
            severity=severity,  # type: ignore[arg-type]
            playbook=FLOOD.id,
        )
        for name, level, until, severity, de, en in STAGES
    )


_WATER = (
    Rule(
        id="environment.flood-expected",
        title=Label(de="Hochwasser erwartet", en="Flood expected"),
        text=Label(
            de="{name} steht bei {value} {unit}; binnen 48 Stunden werden mehr als 8,5 m erwartet.",
            en="{name} is at {value} {unit}; more than 8.5 m are expected within 48 hours.",
        ),
        type=WATER.name,
        q=f'stationCode=="{RUHRORT}";height>=6',
        until_q="height<5.8",
        forecast=Ahead(attr="height", within_s=48 * HOUR, above=8.5),
        attr="height",
        severity="major",
        playbook=FLOOD.id,
    ),
    Rule(
        id="environment.rhine-rising",
        title=Label(de="Rhein steigt schnell", en="The Rhine is rising fast"),
        text=Label(
            de="{name} steht bei {value} {unit}, mehr als 0,8 m höher als vor einem Tag.",
            en="{name} is at {value} {unit}, more than 0.8 m higher than a day ago.",
        ),
        type=WATER.name,
        q=f'stationCode=="{RUHRORT}";height>=5',  # from low water it may rise as it likes
        until_q="height<4.8",
        change=Change(attr="height", per_s=24 * HOUR, above=0.8),
        attr="height",
        severity="minor",
        playbook=FLOOD.id,
    ),
    Rule(
        id="environment.brook-rising",
        title=Label(de="Gewässer steigt sehr schnell", en="A stream is rising very fast"),
        text=Label(
            de="{name} ist in einer Stunde um mehr als 0,25 m gestiegen, auf {value} {unit}.",
            en="{name} has risen by more than 0.25 m within an hour, to {value} {unit}.",
        ),
        type=WATER.name,
        q='waterBody!="Rhein";waterBody!="RHEIN"',
        change=Change(attr="height", per_s=HOUR, above=0.25),
        attr="height",
        severity="major",
        playbook=RAIN.id,
    ),
    Rule(
        id="environment.low-water",
        title=Label(de="Niedrigwasser am Pegel Ruhrort", en="Low water at the gauge Ruhrort"),
        text=Label(
            de="{name} steht seit {since} bei {value} {unit}; Schiffe laden nur noch einen Teil.",
            en="{name} is at {value} {unit} since {since}; ships carry but a part of their load.",
        ),
        type=WATER.name,
        q=f'stationCode=="{RUHRORT}";height<=2',
        until_q="height>2.2",
        for_s=6 * HOUR,
        attr="height",
        severity="minor",
    ),
    Rule(
        id="environment.gauge-silent",
        title=Label(de="Pegel meldet sich nicht", en="A gauge is silent"),
        text=Label(de="{name} meldet seit {since} nichts.", en="Nothing has been heard of {name} since {since}."),
        type=WATER.name,
        attr="height",
        silent_s=HOUR,
        severity="minor",
    ),
)


_UNIT = Label(de="{unit}", en="{unit}")


def _steps(
    name: str,
    kind: str,
    attr: str,
    steps: tuple[tuple[float, float, str, str, str], ...],
    playbook: str,
    unit: Label = _UNIT,
) -> tuple[Rule, ...]:
    """Rules of rising severity on one attribute: (from, lifted below, severity, German, English).

    Each ends where the next begins, so that one storm at one station is one alert that grows worse.
    """
    ends = [limit for limit, *_ in steps[1:]]
    return tuple(
        Rule(
            id=f"environment.{name}-{number}",
            title=Label(de=de, en=en),
            text=Label(
                de=f"{{name}}: {{value}} {unit.de} seit {{since}}.",
                en=f"{{name}}: {{value}} {unit.en} since {{since}}.",
            ),
            type=kind,
            q=f"{attr}>={limit:g}" + (f";{attr}<{ends[number - 1]:g}" if number <= len(ends) else ""),
            until_q=f"{attr}<{until:g}" + (f"|{attr}>={ends[number - 1]:g}" if number <= len(ends) else ""),
            attr=attr,
            severity=severity,  # type: ignore[arg-type]
            playbook=playbook,
        )
        for number, (limit, until, severity, de, en) in enumerate(steps, 1)
    )


# DWD, Warnkriterien: gusts from 14, 18, 25, 29 m/s; rain from 15, 25, 40 mm in an hour; felt heat from 32 and 38 °C.
_WEATHER = (
    *_steps(
        "wind",
        WEATHER.name,
        "gustSpeed",
        (
            (14, 11, "info", "Windböen", "Wind gusts"),
            (18, 15, "minor", "Sturmböen", "Gale-force gusts"),
            (25, 21, "major", "Schwere Sturmböen", "Severe gusts"),
            (29, 25, "critical", "Orkanartige Böen", "Violent storm gusts"),
        ),
        STORM.id,
    ),
    *_steps(
        "rain",
        WEATHER.name,
        "precipitationLastHour",
        (
            (15, 10, "minor", "Starkregen", "Heavy rain"),
            (25, 15, "major", "Heftiger Starkregen", "Very heavy rain"),
            (40, 25, "critical", "Extrem heftiger Starkregen", "Extremely heavy rain"),
        ),
        RAIN.id,
        Label(de="{unit} in einer Stunde,", en="{unit} within an hour,"),
    ),
    *_steps(
        "heat",
        WEATHER.name,
        "feelsLikeTemperature",
        (
            (32, 30.5, "minor", "Starke Wärmebelastung", "Strong heat stress"),
            (38, 36.5, "major", "Extreme Wärmebelastung", "Extreme heat stress"),
        ),
        HEAT.id,
    ),
    Rule(
        id="environment.frost",
        title=Label(de="Frost", en="Frost"),
        text=Label(de="{name}: {value} {unit} seit {since}.", en="{name}: {value} {unit} since {since}."),
        type=WEATHER.name,
        q="temperature<0",
        until_q="temperature>1",
        attr="temperature",
        severity="info",
    ),
    Rule(
        id="environment.ice",
        title=Label(de="Glätte möglich", en="Ice on the roads is possible"),
        text=Label(
            de="{name}: {value} {unit}, und in der letzten Stunde fiel Niederschlag.",
            en="{name}: {value} {unit}, and there was precipitation within the last hour.",
        ),
        type=WEATHER.name,
        q="temperature<=0.5;precipitationLastHour>0",
        until_q="temperature>2",
        attr="temperature",
        severity="minor",
    ),
    Rule(
        id="environment.weather-silent",
        title=Label(de="Wetterstation meldet sich nicht", en="A weather station is silent"),
        text=Label(de="{name} meldet seit {since} nichts.", en="Nothing has been heard of {name} since {since}."),
        type=WEATHER.name,
        attr="temperature",
        silent_s=HOUR,
        severity="minor",
    ),
)

_AIR = (
    Rule(
        id="environment.air-poor",
        title=Label(de="Schlechte Luft", en="Poor air"),
        text=Label(
            de="{name}: Luftqualitätsindex {value} von 5 seit {since}.",
            en="{name}: air quality index {value} of 5 since {since}.",
        ),
        type=AIR.name,
        q="airQualityIndex==4",
        until_q="airQualityIndex<4|airQualityIndex>4",
        for_s=HOUR,
        attr="airQualityIndex",
        severity="minor",
        playbook=AIR_POOR.id,
    ),
    Rule(
        id="environment.air-very-poor",
        title=Label(de="Sehr schlechte Luft", en="Very poor air"),
        text=Label(
            de="{name}: Luftqualitätsindex {value} von 5 seit {since}.",
            en="{name}: air quality index {value} of 5 since {since}.",
        ),
        type=AIR.name,
        q="airQualityIndex==5",
        until_q="airQualityIndex<5",
        for_s=600,
        attr="airQualityIndex",
        severity="major",
        playbook=AIR_POOR.id,
    ),
    # 39. BImSchV: limit of the hour and alert threshold of NO₂, information and alert threshold of ozone, SO₂.
    *_steps(
        "no2",
        AIR.name,
        "no2",
        (
            (
                200,
                180,
                "minor",
                "Stickstoffdioxid über dem Stundengrenzwert",
                "Nitrogen dioxide above the hourly limit",
            ),
            (
                400,
                360,
                "critical",
                "Stickstoffdioxid über der Alarmschwelle",
                "Nitrogen dioxide above the alert threshold",
            ),
        ),
        AIR_POOR.id,
    ),
    *_steps(
        "ozone",
        AIR.name,
        "o3",
        (
            (180, 165, "minor", "Ozon über der Informationsschwelle", "Ozone above the information threshold"),
            (240, 220, "major", "Ozon über der Alarmschwelle", "Ozone above the alert threshold"),
        ),
        AIR_POOR.id,
    ),
    Rule(
        id="environment.air-silent",
        title=Label(de="Luftmessstation meldet sich nicht", en="An air quality station is silent"),
        text=Label(de="{name} meldet seit {since} nichts.", en="Nothing has been heard of {name} since {since}."),
        type=AIR.name,
        attr="no2",
        silent_s=3 * HOUR,
        severity="minor",
    ),
)

# TA Lärm, 6.1: at night a plant may be heard with so many dB(A). Off until a city has meters where that is measured.
_NIGHT = (
    ("mixed", 45, "im Mischgebiet", "in a mixed area"),
    ("residential", 40, "im allgemeinen Wohngebiet", "in a residential area"),
)
_NOISE = (
    Rule(
        id="environment.loud",
        title=Label(de="Anhaltend sehr laut", en="Very loud for long"),
        text=Label(
            de="{name}: {value} {unit} seit {since}, länger als eine Viertelstunde.",
            en="{name}: {value} {unit} since {since}, for more than a quarter of an hour.",
        ),
        type=NOISE.name,
        q="LAeq>=75",
        until_q="LAeq<72",
        for_s=900,
        attr="LAeq",
        severity="minor",
    ),
    *(
        Rule(
            id=f"environment.plant-at-night-{area}",
            title=Label(de=f"Anlagenlärm bei Nacht {de}", en=f"Noise of a plant at night {en}"),
            text=Label(
                de=f"{{name}}: {{value}} {{unit}} in der letzten Nacht; der Richtwert {de} ist {limit} dB(A).",
                en=f"{{name}}: {{value}} {{unit}} last night; the limit {en} is {limit} dB(A).",
            ),
            type=NOISE.name,
            q=f'noiseSource=="plant";areaKind=="{area}";Lnight>{limit}',
            until_q=f"Lnight<={limit}",
            attr="Lnight",
            severity="minor",
            on=False,
        )
        for area, limit, de, en in _NIGHT
    ),
)

_SOIL = (
    Rule(
        id="environment.soil-dry",
        title=Label(de="Boden trocken: wässern", en="Dry soil: water the plants"),
        text=Label(
            de="{name}: {value} {unit} nFK seit {since}.",
            en="{name}: {value} {unit} of the usable field capacity since {since}.",
        ),
        type=SOIL.name,
        q="plantAvailableWater<30",
        until_q="plantAvailableWater>40",
        for_s=24 * HOUR,
        attr="plantAvailableWater",
        severity="minor",
        playbook=WATERING.id,
    ),
    Rule(
        id="environment.soil-silent",
        title=Label(de="Bodenfeuchtesonde meldet sich nicht", en="A soil moisture probe is silent"),
        text=Label(de="{name} meldet seit {since} nichts.", en="Nothing has been heard of {name} since {since}."),
        type=SOIL.name,
        attr="plantAvailableWater",
        silent_s=12 * HOUR,
        severity="info",
    ),
)

RULES = (*_marks(), *_stages(), *_WATER, *_WEATHER, *_AIR, *_NOISE, *_SOIL)
