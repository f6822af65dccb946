"""Entity types after the Smart Data Models of the subject Parking.

Source: smart-data-models/dataModel.Parking (OffStreetParking, OnStreetParking, ParkingGroup, ParkingSpot). Counts have
no unit; ranges are generous: the largest car parks of the region have some 3,000 places. Where those models have no
word for what people ask (price of an hour, places for whom), the names are ours and say so in their label.
"""

from __future__ import annotations

from rhinecloud.kit import Attribute, EntityType, Label, Status, text, word


def _count(name: str, de: str, en: str, *, queryable: bool = False) -> Attribute:
    return Attribute(
        name=name, label=Label(de=de, en=en), kind="integer", minimum=0, maximum=20_000, decimals=0, queryable=queryable
    )


def _list(name: str, de: str, en: str) -> Attribute:
    return Attribute(name=name, label=Label(de=de, en=en), kind="list")


def _time(name: str, de: str, en: str) -> Attribute:
    return Attribute(name=name, label=Label(de=de, en=en), kind="time")


def _object(name: str, de: str, en: str) -> Attribute:
    return Attribute(name=name, label=Label(de=de, en=en), kind="object")


def _metres(name: str, de: str, en: str, maximum: float) -> Attribute:
    return Attribute(name=name, label=Label(de=de, en=en), unit="MTR", minimum=0, maximum=maximum, decimals=2)


def _flag(name: str, de: str, en: str) -> Attribute:
    return Attribute(name=name, label=Label(de=de, en=en), kind="boolean")


def _money(name: str, de: str, en: str) -> Attribute:
    return Attribute(name=name, label=Label(de=de, en=en), minimum=0, maximum=1_000, decimals=2)


_PLACE = (
    text("name", "Name", "Name", queryable=True),
    text("alternateName", "Weiterer Name", "Alternate name"),
    text("description", "Beschreibung", "Description"),
    Attribute(name="location", label=Label(de="Ort", en="Location"), kind="geo"),
    _object("address", "Adresse", "Address"),
    text("areaServed", "Gebiet", "Area served"),
    text("dataProvider", "Datenanbieter", "Data provider"),
    text("source", "Quelle", "Source"),
    _metres("width", "Breite", "Width", 1_000),
    _metres("length", "Länge", "Length", 1_000),
    _list("category", "Merkmale", "Categories"),
    _list("images", "Bilder", "Images"),
    text("color", "Farbe", "Colour"),
)

_STATES = {
    "open": Label(de="offen", en="open"),
    "closed": Label(de="geschlossen", en="closed"),
    "closedAbnormal": Label(de="außerplanmäßig geschlossen", en="closed out of turn"),
    "openingTimesInForce": Label(de="nach Öffnungszeiten", en="by its opening hours"),
    "full": Label(de="voll", en="full"),
    "fullAtEntrance": Label(de="voll an der Einfahrt", en="full at the entrance"),
    "almostFull": Label(de="fast voll", en="almost full"),
    "spacesAvailable": Label(de="Plätze frei", en="places are free"),
    "unknown": Label(de="unbekannt", en="not known"),
}
_TRENDS = {
    "increasing": Label(de="füllt sich", en="filling up"),
    "stable": Label(de="gleichbleibend", en="steady"),
    "decreasing": Label(de="leert sich", en="emptying"),
}
_SPOT_STATES = {
    "free": Label(de="frei", en="free"),
    "occupied": Label(de="belegt", en="taken"),
    "closed": Label(de="gesperrt", en="closed"),
    "unknown": Label(de="unbekannt", en="not known"),
}

_COUNTED = (
    _count("totalSpotNumber", "Plätze insgesamt", "Places in all", queryable=True),
    Attribute(
        name="availableSpotNumber",
        label=Label(de="Freie Plätze", en="Free places"),
        kind="integer",
        minimum=0,
        maximum=20_000,
        decimals=0,
        stuck_after_s=12 * 3600,
        queryable=True,
    ),
    _count("occupiedSpotNumber", "Belegte Plätze", "Taken places"),
    _count("extraSpotNumber", "Zusätzliche Plätze", "Extra places"),
    Attribute(
        name="occupancy",
        label=Label(de="Auslastung (0 bis 1)", en="Occupancy (0 to 1)"),
        minimum=0,
        maximum=1.05,  # a few cars stand where there is no place
        decimals=2,
        queryable=True,
    ),
    word("status", "Zustand", "State", _STATES),
    word("occupancyTrend", "Tendenz", "Trend", _TRENDS, queryable=False),
    Attribute(
        name="availableSpotNumberForecast",
        label=Label(de="Vorhersage der freien Plätze", en="Forecast of free places"),
        kind="list",
        retention_days=30,  # one every five minutes
    ),
)

_FOR_WHOM = (
    _count("disabledSpotNumber", "Plätze für Menschen mit Behinderung", "Places for disabled persons"),
    _count("availableDisabledSpotNumber", "Davon frei", "Free places for disabled persons"),
    _count("chargingSpotNumber", "Plätze mit Ladesäule", "Places with charging"),
    _count("availableChargingSpotNumber", "Davon frei", "Free places with charging"),
    _count("womenSpotNumber", "Frauenparkplätze", "Places for women"),
    _count("availableWomenSpotNumber", "Davon frei", "Free places for women"),
    _count("familySpotNumber", "Familienparkplätze", "Places for families"),
    _count("carSharingSpotNumber", "Plätze für Carsharing", "Places for car sharing"),
    _count("truckSpotNumber", "Plätze für Lastwagen", "Places for lorries"),
    _count("busSpotNumber", "Plätze für Busse", "Places for coaches"),
    _flag("accessibleForDisabled", "Barrierefrei", "Accessible"),
    _list("groupsOfSpots", "Stand nach Platzgruppen", "State by group of places"),
)

_TERMS = (
    _flag("feeCharged", "Kostet Gebühren", "Costs a fee"),
    _money("pricePerHour", "Preis einer Stunde (Währung siehe dort)", "Price of an hour (see currency)"),
    _money("priceMaximumPerDay", "Höchster Preis eines Tages", "Most for a day"),
    text("feeDescription", "Gebühren in Worten", "Fees in words"),
    text("priceCurrency", "Währung", "Currency"),
    _object("priceRatePerMinute", "Preis je Minute", "Price per minute"),
    text("openingHours", "Öffnungszeiten (Schreibweise von OpenStreetMap)", "Opening hours (as OpenStreetMap has it)"),
    text("maximumParkingDuration", "Höchste Parkdauer", "Longest stay"),
    text("website", "Internetseite", "Web page"),
)

CAR_PARK = EntityType(
    name="OffStreetParking",
    label=Label(de="Parkhaus oder Parkplatz", en="Car park"),
    plural=Label(de="Parkhäuser und Parkplätze", en="Car parks"),
    subject="dataModel.Parking",
    icon="square-parking",
    interval_s=300,
    main="availableSpotNumber",
    status=Status("occupancy", minor=0.9, major=0.98),
    open=True,
    source="Smart Data Models, dataModel.Parking/OffStreetParking",
    attributes=(
        *_PLACE,
        *_COUNTED,
        *_FOR_WHOM,
        *_TERMS,
        text("parkingSiteId", "Kennung", "Site id"),
        text("provider", "Anbieter", "Provider"),
        text("owner", "Eigentümer", "Owner"),
        text("contactPoint", "Ansprechstelle", "Contact point"),
        text("reservationType", "Reservierung", "Reservation"),
        text("securityType", "Bewachung", "Security"),
        _metres("maximumAllowedHeight", "Einfahrtshöhe", "Greatest height allowed", 10),
        _metres("maximumAllowedWidth", "Einfahrtsbreite", "Greatest width allowed", 10),
        _metres("averageSpotWidth", "Mittlere Platzbreite", "Average width of a place", 10),
        _metres("averageSpotLength", "Mittlere Platzlänge", "Average length of a place", 30),
        Attribute(
            name="firstAvailableFloor",
            label=Label(de="Erste freie Ebene", en="First floor with places"),
            kind="integer",
        ),
        _object("unclassifiedSlots", "Plätze ohne Klasse", "Unclassified places"),
        _object("twoWheelerSlots", "Plätze für Zweiräder", "Places for two-wheelers"),
        _object("threeWheelerSlots", "Plätze für Dreiräder", "Places for three-wheelers"),
        _object("fourWheelerSlots", "Plätze für Autos", "Places for cars"),
        _object("heavyVehicleSlots", "Plätze für Schwerverkehr", "Places for heavy vehicles"),
        _object("aggregateRating", "Bewertung", "Rating"),
        _object("municipalityInfo", "Gemeinde", "Municipality"),
        _list("allowedVehicleType", "Zugelassene Fahrzeuge", "Vehicles allowed"),
        _list("chargeType", "Art der Gebühr", "Kind of charge"),
        _list("acceptedPaymentMethod", "Zahlungsmittel", "Means of payment"),
        _list("requiredPermit", "Nötige Berechtigung", "Permit needed"),
        _list("permitActiveHours", "Zeiten der Berechtigung", "Hours of the permit"),
        _list("layout", "Bauart", "Layout"),
        _list("usageScenario", "Nutzung", "Use"),
        _list("parkingMode", "Aufstellung", "Parking mode"),
        _list("facilities", "Ausstattung", "Facilities"),
        _list("security", "Sicherheit", "Security features"),
        _list("highestFloor", "Höchste Ebene", "Highest floor"),
        _list("lowestFloor", "Tiefste Ebene", "Lowest floor"),
        _list("specialLocation", "Besonderer Ort", "Special location"),
        _list("extCategory", "Eigene Merkmale", "Own categories"),
        _count("vehicleEntranceCount", "Einfahrten", "Vehicles in"),
        _count("vehicleExitCount", "Ausfahrten", "Vehicles out"),
        _time("occupancyModified", "Auslastung geändert", "Occupancy modified"),
        _time("accessModified", "Zugang geändert", "Access modified"),
        _time("observationDateTime", "Beobachtet", "Observed"),
        Attribute(
            name="refParkingSpot",
            label=Label(de="Einzelplätze", en="Parking spots"),
            kind="relation",
            target="ParkingSpot",
        ),
        Attribute(
            name="refParkingGroup",
            label=Label(de="Platzgruppen", en="Groups of spots"),
            kind="relation",
            target="ParkingGroup",
        ),
        Attribute(
            name="refParkingAccess", label=Label(de="Zufahrten", en="Accesses"), kind="relation", target="ParkingAccess"
        ),
        Attribute(name="refDevice", label=Label(de="Gerät", en="Device"), kind="relation", target="Device"),
    ),
)

SPOT = EntityType(
    name="ParkingSpot",
    label=Label(de="Stellplatz", en="Parking spot"),
    plural=Label(de="Stellplätze", en="Parking spots"),
    subject="dataModel.Parking",
    icon="circle-parking",
    interval_s=3_600,
    main="status",
    open=True,
    source="Smart Data Models, dataModel.Parking/ParkingSpot",
    attributes=(
        *_PLACE,
        *_TERMS,
        word("status", "Zustand", "State", _SPOT_STATES),
        text("reservedFor", "Vorbehalten für", "Reserved for"),
        text("parkingPermit", "Berechtigung", "Permit"),
        text("permitActiveHours", "Zeiten der Berechtigung", "Hours of the permit"),
        Attribute(
            name="refParkingSite",
            label=Label(de="Parkplatz", en="Car park"),
            kind="relation",
            target="OffStreetParking",
        ),
        Attribute(
            name="refParkingGroup",
            label=Label(de="Platzgruppe", en="Group of spots"),
            kind="relation",
            target="ParkingGroup",
        ),
        Attribute(name="refDevice", label=Label(de="Gerät", en="Device"), kind="relation", target="Device"),
        _time("timestamp", "Zeitpunkt", "Time stamp"),
        _time("dateModified", "Geändert", "Modified"),
    ),
)

STREET = EntityType(
    name="OnStreetParking",
    label=Label(de="Parken an der Straße", en="On-street parking"),
    plural=Label(de="Parken an der Straße", en="On-street parking"),
    subject="dataModel.Parking",
    icon="square-parking",
    interval_s=900,
    main="availableSpotNumber",
    status=Status("occupancy", minor=0.9, major=0.98),
    open=True,
    source="Smart Data Models, dataModel.Parking/OnStreetParking",
    attributes=(
        *_PLACE,
        *_COUNTED,
        *_FOR_WHOM,
        *_TERMS,
        _list("allowedVehicleType", "Zugelassene Fahrzeuge", "Vehicles allowed"),
        _list("requiredPermit", "Nötige Berechtigung", "Permit needed"),
        _list("permitActiveHours", "Zeiten der Berechtigung", "Hours of the permit"),
        _list("parkingMode", "Aufstellung", "Parking mode"),
        _list("acceptedPaymentMethod", "Zahlungsmittel", "Means of payment"),
        text("provider", "Anbieter", "Provider"),
    ),
)

GROUP = EntityType(
    name="ParkingGroup",
    label=Label(de="Parkgebiet oder Platzgruppe", en="Parking area or group of places"),
    plural=Label(de="Parkgebiete und Platzgruppen", en="Parking areas and groups of places"),
    subject="dataModel.Parking",
    icon="square-parking",
    interval_s=900,
    main="availableSpotNumber",
    open=True,
    source="Smart Data Models, dataModel.Parking/ParkingGroup",
    attributes=(
        *_PLACE,
        *_COUNTED,
        Attribute(
            name="refParkingSite",
            label=Label(de="Parkhaus oder Parkplatz", en="Car park"),
            kind="relation",
            target="OffStreetParking",
        ),
    ),
)
