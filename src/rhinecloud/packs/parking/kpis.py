"""How the city's car parks stand, as figures: by how many places, and where drivers have to search."""

from __future__ import annotations

from rhinecloud.kit import Indicator, Label

from .models import CAR_PARK, SPOT

INDICATORS = (
    Indicator(
        id="parking.share-free",
        title=Label(de="Freie Plätze, Anteil", en="Places free, share"),
        unit="P1",
        type=CAR_PARK.name,
        attr="availableSpotNumber",
        of="totalSpotNumber",
        method="ratio",
        q="availableSpotNumber>=0;totalSpotNumber>0",
        target=15,  # up to 85 % taken there is always a free place somewhere near
        better="higher",
        by_district=True,
    ),
    Indicator(
        id="parking.free",
        title=Label(de="Freie Plätze", en="Places free"),
        unit="C62",
        type=CAR_PARK.name,
        attr="availableSpotNumber",
        method="sum",
        better="higher",
        by_district=True,
        decimals=0,
    ),
    Indicator(
        id="parking.search-traffic",
        title=Label(
            de="Parksuchverkehr: Anteil fast voller Parkhäuser", en="Search traffic: share of car parks nearly full"
        ),
        unit="P1",
        type=CAR_PARK.name,
        method="share",
        q="occupancy>=0.9",
        target=20,
        better="lower",
        by_district=True,
        decimals=0,
    ),
    Indicator(
        id="parking.bays-free",
        title=Label(de="Einzelne Stellplätze frei, Anteil", en="Single bays free, share"),
        unit="P1",
        type=SPOT.name,
        method="share",
        q='status=="free"',
        better="higher",
        decimals=0,
    ),
)
