"""Entity types after the Smart Data Models of the subjects Environment and Weather, with what is plausible in Duisburg.

Ranges say what is physically possible here, not what is usual: outside of them a sensor is broken or in other units.
Source: smart-data-models/dataModel.Environment (WaterObserved, AirQualityObserved, NoiseLevelObserved),
smart-data-models/dataModel.Weather (WeatherObserved), smart-data-models/dataModel.ParksAndGardens (GreenspaceRecord).
Units: UN/CEFACT Recommendation 20.
"""

from __future__ import annotations

from rhinecloud.kit import Attribute, EntityType, Label, Status, text, word


def _number(
    name: str, de: str, en: str, unit: str | None, minimum: float, maximum: float, *, decimals: int = 1, **more: object
) -> Attribute:
    return Attribute(
        name=name,
        label=Label(de=de, en=en),
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        decimals=decimals,
        **more,  # type: ignore[arg-type]
    )


_PLACE = (
    Attribute(name="name", label=Label(de="Name", en="Name"), kind="text", queryable=True),
    Attribute(name="alternateName", label=Label(de="Weiterer Name", en="Alternate name"), kind="text"),
    Attribute(name="description", label=Label(de="Beschreibung", en="Description"), kind="text"),
    Attribute(name="location", label=Label(de="Ort", en="Location"), kind="geo"),
    Attribute(name="address", label=Label(de="Adresse", en="Address"), kind="object"),
    Attribute(name="areaServed", label=Label(de="Gebiet", en="Area served"), kind="text"),
    Attribute(name="dataProvider", label=Label(de="Datenanbieter", en="Data provider"), kind="text"),
    Attribute(name="source", label=Label(de="Quelle", en="Source"), kind="text"),
    Attribute(name="dateObserved", label=Label(de="Beobachtet", en="Observed"), kind="time"),
    Attribute(name="refDevice", label=Label(de="Gerät", en="Device"), kind="relation", target="Device"),
)
_PERIOD = (
    Attribute(name="dateObservedFrom", label=Label(de="Beobachtet von", en="Observed from"), kind="time"),
    Attribute(name="dateObservedTo", label=Label(de="Beobachtet bis", en="Observed until"), kind="time"),
)
_POINT = Attribute(
    name="refPointOfInterest",
    label=Label(de="Ort von Interesse", en="Point of interest"),
    kind="relation",
    target="PointOfInterest",
)

# PEGELONLINE, stateMnwMhw and stateNswHsw: against mean low and high water, against lowest and highest navigable level.
_STATES = {
    "low": Label(de="niedrig", en="low"),
    "normal": Label(de="normal", en="normal"),
    "high": Label(de="hoch", en="high"),
    "unknown": Label(de="unbekannt", en="unknown"),
    "commented": Label(de="mit Anmerkung", en="commented"),
    "out-dated": Label(de="veraltet", en="out-dated"),
}

WATER = EntityType(
    name="WaterObserved",
    label=Label(de="Pegel", en="Water gauge"),
    plural=Label(de="Pegel", en="Water gauges"),
    subject="dataModel.Environment",
    icon="waves",
    interval_s=900,
    main="height",
    # As on the gauge Ruhrort: 7.0 m the Marientor gate closes, 9.30 m Hochwassermarke I, 11.30 m Hochwassermarke II.
    status=Status("height", minor=7.0, major=9.3, critical=11.3),
    open=True,
    source="Smart Data Models, dataModel.Environment/WaterObserved",
    attributes=(
        *_PLACE,
        # 1926 saw 13.04 m at Ruhrort, the dikes are built for 13. What overtops them has to warn, and no rule goes by
        # what is beyond a range. Brooks and Emmerich in low water have centimetres.
        _number(
            "height",
            "Wasserstand",
            "Water level",
            "MTR",
            -0.5,
            20,
            decimals=2,
            max_rate=0.5,
            stuck_after_s=86_400,
            queryable=True,
        ),
        Attribute(
            name="heightForecast",
            label=Label(de="Vorhersage des Wasserstands", en="Forecast of the water level"),
            kind="list",
        ),
        # The record discharge at Ruhrort is 11,600 m³/s (31.01.1995).
        _number("flow", "Abfluss", "Discharge", "MQS", 0, 25_000, decimals=0, max_rate=1_500),
        # Beside the model, as PEGELONLINE tells them. The number of the gauge Ruhrort is 2770010.
        text("stationCode", "Pegelnummer", "Gauge number", queryable=True),
        word("levelState", "Lage zum Mittel", "Against the mean", _STATES),
        word("shippingState", "Schifffahrt", "Shipping", _STATES),
        _number("floodMark1", "Hochwassermarke I", "Flood mark I", "MTR", 0, 20, decimals=2),
        _number("floodMark2", "Hochwassermarke II", "Flood mark II", "MTR", 0, 20, decimals=2),
        _number("meanLevel", "Mittlerer Wasserstand (MW)", "Mean level (MW)", "MTR", 0, 20, decimals=2),
        _number("waterTemperature", "Wassertemperatur", "Water temperature", "CEL", -1, 35, max_rate=3),
        _number("riverKilometre", "Flusskilometer", "River kilometre", "KMT", 0, 3_000),
        Attribute(name="waterBody", label=Label(de="Gewässer", en="Body of water"), kind="text"),
        _number("curvature", "Wölbung", "Curvature", None, -1, 1, decimals=3),
        _number("measuredArea", "Messfläche", "Measured area", "MTK", 0, 100_000),
        _number("objectArea", "Fläche von Treibgut", "Area of floating objects", "MTK", 0, 10_000),
        _number(
            "objectHeightAverage",
            "Höhe von Treibgut, Mittel",
            "Average height of floating objects",
            "MTR",
            0,
            20,
            decimals=2,
        ),
        _number(
            "objectHeightMax",
            "Höhe von Treibgut, größte",
            "Greatest height of floating objects",
            "MTR",
            0,
            20,
            decimals=2,
        ),
        _number("objectVolume", "Rauminhalt von Treibgut", "Volume of floating objects", "MTQ", 0, 100_000),
    ),
)

WEATHER = EntityType(
    name="WeatherObserved",
    label=Label(de="Wetterstation", en="Weather station"),
    plural=Label(de="Wetter", en="Weather"),
    subject="dataModel.Weather",
    icon="cloud-sun",
    interval_s=600,
    main="temperature",
    # DWD: stormy gusts from 17.2 m/s (level 2), gale from 24.5 (level 3), extreme from 38.9 (level 4).
    status=Status("gustSpeed", minor=17.2, major=24.5, critical=38.9),
    open=True,
    source="Smart Data Models, dataModel.Weather/WeatherObserved",
    attributes=(
        *_PLACE,
        _POINT,
        Attribute(name="stationCode", label=Label(de="Stationskennung", en="Station code"), kind="text"),
        Attribute(name="stationName", label=Label(de="Stationsname", en="Station name"), kind="text"),
        Attribute(name="weatherType", label=Label(de="Wetter", en="Weather"), kind="text"),
        Attribute(name="visibility", label=Label(de="Sicht", en="Visibility"), kind="text"),
        # 41.2 °C was measured here in July 2019.
        _number(
            "temperature",
            "Temperatur",
            "Temperature",
            "CEL",
            -30,
            45,
            max_rate=15,
            stuck_after_s=43_200,
            queryable=True,
        ),
        _number(
            "feelsLikeTemperature", "Gefühlte Temperatur", "Feels-like temperature", "CEL", -45, 60, queryable=True
        ),
        _number("dewPoint", "Taupunkt", "Dew point", "CEL", -40, 32),
        _number("relativeHumidity", "Relative Feuchte (0 bis 1)", "Relative humidity (0 to 1)", None, 0, 1, decimals=2),
        _number("atmosphericPressure", "Luftdruck", "Air pressure", "A97", 870, 1085, max_rate=8, stuck_after_s=86_400),
        _number("pressureTendency", "Luftdrucktendenz in 3 Stunden", "Pressure tendency over 3 hours", "A97", -30, 30),
        _number("precipitation", "Niederschlag", "Precipitation", "MMT", 0, 150),
        # Beside the model, which does not say of which time: the German weather service warns by the hour.
        _number(
            "precipitationLastHour",
            "Niederschlag der letzten Stunde",
            "Precipitation of the last hour",
            "MMT",
            0,
            150,
            queryable=True,
        ),
        _number("snowHeight", "Schneehöhe", "Snow height", "CMT", 0, 150),
        _number("windSpeed", "Windgeschwindigkeit", "Wind speed", "MTS", 0, 75, queryable=True),
        _number("gustSpeed", "Böen", "Gusts", "MTS", 0, 110, queryable=True),
        _number("windDirection", "Windrichtung (woher)", "Wind direction (from)", "DD", 0, 360, decimals=0),
        _number("illuminance", "Beleuchtungsstärke", "Illuminance", "LUX", 0, 150_000, decimals=0),
        _number("solarRadiation", "Sonnenstrahlung", "Solar radiation", "D54", 0, 1_400, decimals=0),
        _number("diffuseIrradiation", "Diffusstrahlung", "Diffuse irradiation", "D54", 0, 1_000, decimals=0),
        _number("directIrradiation", "Direktstrahlung", "Direct irradiation", "D54", 0, 1_400, decimals=0),
        _number("uVIndexMax", "UV-Index, größter", "Greatest UV index", None, 0, 16),
        _number("streamGauge", "Wasserstand eines Gewässers", "Stream gauge", "CMT", 0, 2_000),
    ),
)

# Umweltbundesamt, classes of its index; Smart Data Models, words of other indices.
_LEVELS = {
    "very good": Label(de="sehr gut", en="very good"),
    "good": Label(de="gut", en="good"),
    "moderate": Label(de="mäßig", en="moderate"),
    "poor": Label(de="schlecht", en="poor"),
    "very poor": Label(de="sehr schlecht", en="very poor"),
}

AIR = EntityType(
    name="AirQualityObserved",
    label=Label(de="Luftmessstation", en="Air quality station"),
    plural=Label(de="Luftqualität", en="Air quality"),
    subject="dataModel.Environment",
    icon="wind",
    interval_s=3600,
    main="no2",
    # 39. BImSchV: 40 µg/m³ as the mean of a year, 200 as the mean of an hour, 400 the alert threshold.
    status=Status("no2", minor=100, major=200, critical=400),
    open=True,
    source="Smart Data Models, dataModel.Environment/AirQualityObserved; thresholds: 39. BImSchV",
    attributes=(
        *_PLACE,
        *_PERIOD,
        _POINT,
        Attribute(name="stationCode", label=Label(de="Stationskennung", en="Station code"), kind="text"),
        Attribute(name="stationName", label=Label(de="Stationsname", en="Station name"), kind="text"),
        word(
            "typeOfLocation",
            "Lage",
            "Kind of place",
            {"indoor": Label(de="innen", en="indoors"), "outdoor": Label(de="außen", en="outdoors")},
            queryable=False,
        ),
        # Others' words for it are kept as they come; so these are no options.
        Attribute(
            name="airQualityLevel",
            label=Label(de="Stufe der Luftqualität", en="Air quality level"),
            kind="text",
            words=tuple(_LEVELS.items()),
            queryable=True,
        ),
        # German index (`indices.air_quality_index`): 1 very good to 5 very poor; others have other scales.
        _number("airQualityIndex", "Luftqualitätsindex", "Air quality index", None, 0, 500, decimals=0, queryable=True),
        _number(
            "no2",
            "Stickstoffdioxid (NO₂)",
            "Nitrogen dioxide (NO₂)",
            "GQ",
            0,
            1_000,
            decimals=0,
            stuck_after_s=86_400,
            queryable=True,
        ),
        _number("no", "Stickstoffmonoxid (NO)", "Nitrogen monoxide (NO)", "GQ", 0, 2_000, decimals=0),
        _number("nox", "Stickoxide (NOₓ)", "Nitrogen oxides (NOₓ)", "GQ", 0, 3_000, decimals=0),
        _number(
            "pm10",
            "Feinstaub PM10",
            "Particulate matter PM10",
            "GQ",
            0,
            2_000,
            decimals=0,
            stuck_after_s=86_400,
            queryable=True,
        ),
        _number("pm25", "Feinstaub PM2,5", "Particulate matter PM2.5", "GQ", 0, 1_500, decimals=0, queryable=True),
        _number("pm1", "Feinstaub PM1", "Particulate matter PM1", "GQ", 0, 1_000, decimals=0),
        _number("pm4", "Feinstaub PM4", "Particulate matter PM4", "GQ", 0, 1_500, decimals=0),
        _number("tsp", "Schwebstaub gesamt", "Total suspended particles", "GQ", 0, 3_000, decimals=0),
        _number("tpc", "Teilchenzahl gesamt", "Total particle count", None, 0, 10_000_000, decimals=0),
        _number("o3", "Ozon (O₃)", "Ozone (O₃)", "GQ", 0, 500, decimals=0, queryable=True),
        _number("so2", "Schwefeldioxid (SO₂)", "Sulphur dioxide (SO₂)", "GQ", 0, 2_000, decimals=0, queryable=True),
        _number("co", "Kohlenmonoxid (CO)", "Carbon monoxide (CO)", "GP", 0, 100, decimals=2),
        _number("co2", "Kohlendioxid (CO₂)", "Carbon dioxide (CO₂)", "59", 300, 10_000, decimals=0),
        _number("c6h6", "Benzol (C₆H₆)", "Benzene (C₆H₆)", "GQ", 0, 500, decimals=1),
        _number("nh3", "Ammoniak (NH₃)", "Ammonia (NH₃)", "GQ", 0, 2_000, decimals=0),
        _number("h2s", "Schwefelwasserstoff (H₂S)", "Hydrogen sulphide (H₂S)", "GQ", 0, 2_000, decimals=0),
        _number(
            "volatileOrganicCompoundsTotal",
            "Flüchtige organische Stoffe",
            "Volatile organic compounds",
            "GQ",
            0,
            50_000,
            decimals=0,
        ),
        _number("reliability", "Verlässlichkeit (0 bis 1)", "Reliability (0 to 1)", None, 0, 1, decimals=2),
        _number("temperature", "Temperatur", "Temperature", "CEL", -30, 45, max_rate=15),
        _number("relativeHumidity", "Relative Feuchte (0 bis 1)", "Relative humidity (0 to 1)", None, 0, 1, decimals=2),
        _number("precipitation", "Niederschlag", "Precipitation", "MMT", 0, 150),
        _number("windSpeed", "Windgeschwindigkeit", "Wind speed", "MTS", 0, 50),
        _number("windDirection", "Windrichtung (woher)", "Wind direction (from)", "DD", 0, 360, decimals=0),
    ),
)

_SOURCES = {
    "traffic": Label(de="Straßenverkehr", en="road traffic"),
    "rail": Label(de="Schiene", en="rail"),
    "plant": Label(de="Anlage", en="plant"),
    "shipping": Label(de="Schifffahrt", en="shipping"),
    "leisure": Label(de="Freizeit", en="leisure"),
    "mixed": Label(de="gemischt", en="mixed"),
}
_AREAS = {
    "industrial": Label(de="Industriegebiet", en="industrial area"),
    "commercial": Label(de="Gewerbegebiet", en="commercial area"),
    "urban": Label(de="urbanes Gebiet", en="urban area"),
    "mixed": Label(de="Mischgebiet", en="mixed area"),
    "residential": Label(de="allgemeines Wohngebiet", en="residential area"),
    "purely-residential": Label(de="reines Wohngebiet", en="purely residential area"),
    "spa": Label(de="Kurgebiet", en="spa"),
}

NOISE = EntityType(
    name="NoiseLevelObserved",
    label=Label(de="Schallpegelmesser", en="Sound level meter"),
    plural=Label(de="Lärm", en="Noise"),
    subject="dataModel.Environment",
    icon="volume-2",
    interval_s=300,
    main="LAeq",
    # 16. BImSchV and common practice: 70 dB(A) by day begins to harm; above 85 ears are protected at work.
    status=Status("LAeq", minor=70, major=85, critical=100),
    open=True,
    source="Smart Data Models, dataModel.Environment/NoiseLevelObserved",
    attributes=(
        *_PLACE,
        *_PERIOD,
        Attribute(
            name="refPointOfInterest", label=Label(de="Ort von Interesse", en="Point of interest"), kind="relation"
        ),
        Attribute(
            name="sonometerClass",
            label=Label(de="Geräteklasse", en="Sound meter class"),
            kind="text",
            options=("0", "1", "2"),
        ),
        _number(
            "LAeq", "Mittelungspegel LAeq", "Equivalent level LAeq", "2N", 15, 140, stuck_after_s=21_600, queryable=True
        ),
        _number("LAmax", "Maximalpegel LAmax", "Maximum level LAmax", "2N", 15, 160, queryable=True),
        _number("LAS", "Pegel langsam LAS", "Slow level LAS", "2N", 15, 140),
        _number("LAeq_d", "Tagespegel LAeq,d", "Day level LAeq,d", "2N", 15, 140),
        # Beside the model. Directive 2002/49/EC, annex I: the day's level with 5 dB added to its evening and 10 to its
        # night, and the level of the night from 22 to 6 o'clock; both of the last 24 hours, indicative for the year's.
        _number("Lden", "Tag-Abend-Nacht-Pegel Lden", "Day-evening-night level Lden", "2N", 15, 140, queryable=True),
        _number("Lnight", "Nachtpegel Lnight", "Night level Lnight", "2N", 15, 140, queryable=True),
        word("noiseSource", "Lärmquelle", "Source of the noise", _SOURCES),
        # TA Lärm, 6.1: what is built here decides how loud a plant may be heard.
        word("areaKind", "Gebietsart", "Kind of area", _AREAS),
        _number("heartbeat", "Lebenszeichen", "Heartbeat", None, 0, 1, decimals=0),
    ),
)

_SOILS = {
    "sand": Label(de="Sand", en="sand"),
    "loam": Label(de="Lehm", en="loam"),
    "silt": Label(de="Schluff", en="silt"),
    "clay": Label(de="Ton", en="clay"),
    "substrate": Label(de="Baumsubstrat", en="substrate"),
}

SOIL = EntityType(
    name="GreenspaceRecord",
    label=Label(de="Bodenfeuchtesonde", en="Soil moisture probe"),
    plural=Label(de="Bodenfeuchte", en="Soil moisture"),
    subject="dataModel.ParksAndGardens",
    icon="sprout",
    interval_s=3600,
    main="plantAvailableWater",
    # German weather service: below 50 % of the usable field capacity plants begin to suffer, below 30 % they do.
    status=Status("plantAvailableWater", minor=50, major=30, critical=10, rising=False),
    open=True,
    source="Smart Data Models, dataModel.ParksAndGardens/GreenspaceRecord; steps: DWD, soil moisture under grass",
    attributes=(
        *_PLACE,
        Attribute(name="refGreenspace", label=Label(de="Grünfläche", en="Green space"), kind="relation"),
        # Water that roots can reach: 0 at the wilting point, 100 at field capacity, for days after heavy rain more.
        _number(
            "plantAvailableWater",
            "Nutzbare Feldkapazität (nFK)",
            "Plant-available water",
            "P1",
            0,
            150,
            decimals=0,
            max_rate=100,
            queryable=True,
        ),
        _number("soilMoistureVwc", "Wassergehalt (0 bis 1)", "Water content (0 to 1)", None, 0, 0.7, decimals=3),
        _number("soilTemperature", "Bodentemperatur", "Soil temperature", "CEL", -15, 45, max_rate=6),
        _number("soilMoisturePressure", "Saugspannung", "Soil water tension", "KPA", -1_600, 1_600, decimals=0),
        _number("soilMoistureEc", "Elektrische Leitfähigkeit", "Electrical conductivity", "D10", 0, 2, decimals=3),
        _number("litterCoverage", "Abfall auf der Fläche (0 bis 1)", "Litter (0 to 1)", None, 0, 1, decimals=2),
        _number("soilDepth", "Tiefe der Sonde", "Depth of the probe", "MTR", 0, 5, decimals=2),
        word("soilKind", "Bodenart", "Kind of soil", _SOILS, queryable=False),
    ),
)
