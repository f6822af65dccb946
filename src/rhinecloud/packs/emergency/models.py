"""What is known of a unit by its own device: where it is, what it last said by radio, how it drives.

Source: our own, after smart-data-models/dataModel.Transportation, Vehicle (speed, heading, vehicleType). The radio
status is the last telegram of the German scheme aligned in 2017 (FMS; TETRA short data): 5 and 0 are wishes to speak.
"""

from __future__ import annotations

from rhinecloud.kit import Attribute, EntityType, Label, text

WORDS = (
    ("0", Label(de="0 priorisierter Sprechwunsch", en="0 priority speech request")),
    ("1", Label(de="1 einsatzbereit über Funk", en="1 ready, by radio")),
    ("2", Label(de="2 einsatzbereit auf Wache", en="2 ready at station")),
    ("3", Label(de="3 Einsatz übernommen", en="3 on the way")),
    ("4", Label(de="4 am Einsatzort", en="4 on scene")),
    ("5", Label(de="5 Sprechwunsch", en="5 wants to speak")),
    ("6", Label(de="6 nicht einsatzbereit", en="6 not ready")),
    ("7", Label(de="7 gebunden", en="7 tied up")),
    ("8", Label(de="8 bedingt verfügbar", en="8 limited availability")),
    ("9", Label(de="9 Anmeldung", en="9 logging on")),
)

VEHICLE = EntityType(
    name="EmergencyVehicle",
    label=Label(de="Einsatzfahrzeug", en="Emergency vehicle"),
    plural=Label(de="Einsatzfahrzeuge", en="Emergency vehicles"),
    subject="",
    icon="siren",
    source="Our own, after dataModel.Transportation/Vehicle",
    interval_s=600,
    main="radioStatus",
    retention_days=365,
    attributes=(
        text("name", "Rufname", "Call sign", queryable=True),
        Attribute(
            name="radioStatus",
            label=Label(de="Funkstatus", en="Radio status"),
            kind="text",
            options=tuple(digit for digit, _ in WORDS),
            words=WORDS,
            queryable=True,
        ),
        Attribute(name="location", label=Label(de="Ort", en="Location"), kind="geo"),
        Attribute(
            name="speed",
            label=Label(de="Geschwindigkeit", en="Speed"),
            unit="KMH",
            minimum=0,
            maximum=160,
            decimals=0,
        ),
        Attribute(
            name="heading", label=Label(de="Fahrtrichtung", en="Heading"), unit="DD", minimum=0, maximum=360, decimals=0
        ),
        text("vehicleType", "Fahrzeugart", "Kind of vehicle", queryable=True),
        text("agency", "Behörde", "Agency", queryable=True),
        Attribute(name="crew", label=Label(de="Besatzung", en="Crew"), kind="integer", minimum=0, maximum=50),
        text("station", "Standort", "Station"),
        text("dataProvider", "Datenanbieter", "Data provider"),
    ),
)
