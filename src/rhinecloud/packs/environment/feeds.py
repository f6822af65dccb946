"""Sources on the web that a city can switch on; none is asked before."""

from __future__ import annotations

from rhinecloud.kit import Feed, Label

_WSV = "Wasserstraßen- und Schifffahrtsverwaltung des Bundes (WSV), PEGELONLINE"
_STATIONS = "https://www.pegelonline.wsv.de/webservices/rest-api/v2/stations.json"
_POI = "https://opendata.dwd.de/weather/weather_reports/poi"
_CDC = "https://opendata.dwd.de/climate_environment/CDC/observations_germany/climate/10_minutes"


def _dwd(name: str, title: str, url: str, form: str, interval_s: float) -> Feed:
    return Feed(
        id=f"environment.dwd-{name}",
        label=Label(de=f"DWD: {title}", en=f"DWD: {title}"),
        url=url,
        format=form,
        interval_s=interval_s,
        licence="CC-BY-4.0",
        attribution="Deutscher Wetterdienst (DWD)",
    )


def _ten_minutes(name: str, title: str, folder: str, file: str) -> Feed:
    url = f"{_CDC}/{folder}/now/10minutenwerte_{file}_now.zip"
    return _dwd(name, title, url, "environment.dwd-cdc", 600)


FEEDS = (
    Feed(
        id="environment.pegelonline",
        label=Label(de="PEGELONLINE: Rheinpegel", en="PEGELONLINE: Rhine water levels"),
        url=_STATIONS,
        format="pegelonline",
        interval_s=900,
        licence="DL-DE-Zero-2.0",
        attribution=_WSV,
        # The Rhine from Cologne to the border: what passes Cologne is here some 16 hours later.
        options={
            "ids": ["KÖLN", "DÜSSELDORF", "DUISBURG-RUHRORT", "WESEL", "REES", "EMMERICH"],
            "timeseries": ["W", "Q", "WT"],
            "marks": True,
        },
    ),
    Feed(
        id="environment.pegelonline-ruhr",
        label=Label(de="PEGELONLINE: Ruhr", en="PEGELONLINE: Ruhr water levels"),
        url=_STATIONS,
        format="pegelonline",
        interval_s=900,
        licence="DL-DE-Zero-2.0",
        attribution=_WSV,
        options={"waters": ["RUHR"], "timeseries": ["W", "Q"], "marks": True},
    ),
    _dwd("baerl", "Duisburg-Baerl, stündlich", f"{_POI}/H419-BEOB.csv", "environment.dwd-poi", 1800),
    _dwd("duesseldorf", "Düsseldorf, stündlich", f"{_POI}/10400-BEOB.csv", "environment.dwd-poi", 1800),
    _dwd("essen", "Essen-Bredeney, stündlich", f"{_POI}/10410-BEOB.csv", "environment.dwd-poi", 1800),
    _ten_minutes("baerl-air", "Duisburg-Baerl, Temperatur alle 10 Minuten", "air_temperature", "TU_13670"),
    _ten_minutes("baerl-rain", "Duisburg-Baerl, Niederschlag alle 10 Minuten", "precipitation", "nieder_13670"),
    _ten_minutes("duesseldorf-wind", "Düsseldorf, Wind alle 10 Minuten", "wind", "wind_01078"),
    _ten_minutes("duesseldorf-gusts", "Düsseldorf, Böen alle 10 Minuten", "extreme_wind", "extrema_wind_01078"),
)
