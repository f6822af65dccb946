"""Sources on the web that a city can switch on."""

from __future__ import annotations

from rhinecloud.kit import Feed, Label

FEEDS = (
    Feed(
        id="environment.pegelonline",
        label=Label(de="PEGELONLINE: Rheinpegel", en="PEGELONLINE: Rhine water levels"),
        url="https://www.pegelonline.wsv.de/webservices/rest-api/v2/stations.json",
        format="pegelonline",
        interval_s=900,
        licence="DL-DE-Zero-2.0",
        attribution="Wasserstraßen- und Schifffahrtsverwaltung des Bundes (WSV), PEGELONLINE",
        # The Rhine from Cologne to the border: what passes Cologne is here about a day later.
        options={"ids": ["KÖLN", "DÜSSELDORF", "DUISBURG-RUHRORT", "WESEL", "EMMERICH"], "timeseries": ["W"]},
    ),
)
