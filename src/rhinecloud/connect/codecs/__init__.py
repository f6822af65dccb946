"""Payload codecs: the JavaScript of device families that we bring, and the catalogue that says which is for what.

The code is ours, written from the vendors' public descriptions of their protocols. A tenant can add its own (kind
"codec" of its documents); anything with one of the usual entry points will do, see `codec_host`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec


class Codec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A payload codec. What it decodes keeps its names, unless `names` says otherwise; `units` are UN/CEFACT codes."""

    id: str
    vendor: str = ""
    models: tuple[str, ...] = ()
    title: str = ""
    source: str = ""  # JavaScript; "": in `files`
    files: tuple[str, ...] = ()
    also: str = ""  # JavaScript in front: what tells one family from another
    units: dict[str, str] = {}
    names: dict[str, str] = {}  # decoded name → attribute
    battery: str = ""  # decoded name that is the battery's charge in percent
    version: int = 0

    def code(self) -> str:
        """Its whole JavaScript."""
        return self.source or self.also + "\n" + "\n".join(map(script, self.files))


@lru_cache(maxsize=64)
def script(name: str) -> str:
    """A JavaScript file of this folder."""
    return (Path(__file__).parent / name).read_text("utf-8")


def _milesight(name: str, family: str, title: str, models: tuple[str, ...], units: dict[str, str]) -> Codec:
    return Codec(
        id=f"milesight-{name}",
        vendor="Milesight",
        models=models,
        title=title,
        battery="battery",
        files=("bytes.js", "milesight.js"),
        also=f"var FAMILY; function family() {{ FAMILY = {family}; }}",
        units={"battery": "P1"} | units,
    )


_MASS = ("pm1_0", "pm2_5", "pm4", "pm10")

CODECS: Final[tuple[Codec, ...]] = (
    Codec(id="cayenne-lpp", title="Cayenne Low Power Payload", files=("bytes.js", "cayenne-lpp.js")),
    Codec(
        id="decentlab-dl-pm",
        vendor="Decentlab",
        models=("DL-PM",),
        title="Particulate matter, temperature, humidity, pressure",
        files=("bytes.js", "decentlab-dl-pm.js"),
        units={"battery_voltage": "VLT", "air_temperature": "CEL", "air_humidity": "P1", "barometric_pressure": "PAL"}
        | {f"{size}_mass_concentration": "GQ" for size in _MASS}
        | {"lora_frequency": "HTZ", "lora_rssi": "DBM", "lora_snr": "2N"},
    ),
    Codec(
        id="elsys",
        vendor="Elsys",
        models=("ERS2 Sound", "ERS", "ERS CO2", "ERS Eye", "ELT-2", "EMS"),
        title="Room and outdoor sensors",
        files=("bytes.js", "elsys.js"),
        units={
            "temperature": "CEL",
            "humidity": "P1",
            "light": "LUX",
            "vdd": "2Z",
            "soundPeak": "2N",
            "soundAvg": "2N",
            "co2": "59",
            "externalTemperature": "CEL",
            "distance": "MMT",
            "pressure": "A97",
            "tvoc": "61",
        },
    ),
    _milesight(
        "ct10x",
        "CURRENT",
        "Smart current transformer",
        ("CT101", "CT103", "CT105"),
        {"current": "AMP", "current_max": "AMP", "current_min": "AMP", "temperature": "CEL"},
    ),
    _milesight("em310-udl", "DISTANCE", "Ultrasonic distance, bins and levels", ("EM310-UDL",), {"distance": "MMT"}),
    _milesight("em500-udl", "DISTANCE", "Ultrasonic distance, levels", ("EM500-UDL",), {"distance": "MMT"}),
    _milesight(
        "ws302",
        "SOUND",
        "Sound level",
        ("WS302",),
        {f"L{w}{t}": "2N" for w in "ZAC" for t in ("I", "F", "S", "eq", "Imax", "Fmax", "Smax")},
    ),
    Codec(
        id="netvox-r718a",
        vendor="Netvox",
        models=("R718A",),
        title="Temperature and humidity",
        files=("bytes.js", "netvox.js"),
        units={
            "battery_voltage": "VLT",
            "temperature": "CEL",
            "humidity": "P1",
            "minTime": "SEC",
            "maxTime": "SEC",
            "batteryChange": "VLT",
            "tempChange": "CEL",
            "humiChange": "P1",
        },
    ),
    Codec(
        id="nwave-nps",
        vendor="Nwave",
        models=("G4 NPS SM", "NPS405"),
        title="Parking space",
        files=("bytes.js", "nwave.js"),
        units={
            "temperature": "CEL",
            "battery_voltage": "VLT",
            "previous_state_duration": "MIN",
            "previous_state_duration_error": "MIN",
        },
    ),
    Codec(
        id="tektelic-kiwi",
        vendor="Tektelic",
        models=("Kiwi", "Clover"),
        title="Soil and air, agriculture",
        files=("bytes.js", "tektelic-kiwi.js"),
        battery="rem_batt_capacity",
        units={
            "rem_batt_capacity": "P1",
            "rem_batt_days": "DAY",
            "input1_frequency": "KHZ",
            "input2_voltage": "VLT",
            "input2_voltage_to_temp": "CEL",
            "input3_voltage": "VLT",
            "input3_voltage_to_temp": "CEL",
            "input4_voltage": "VLT",
            "input4_voltage_to_temp": "CEL",
            "input3_temperature": "CEL",
            "input4_temperature": "CEL",
            "ambient_temperature": "CEL",
            "relative_humidity": "P1",
            "mcu_temperature": "CEL",
            "light_intensity": "LUX",
            "battery_voltage": "VLT",
        },
    ),
)
"""The codecs that every tenant has."""


def recognise(brand: str, model: str, hints: tuple[str, ...]) -> str:
    """The id of our codec for a model that the network server names (version ids, profile, tags); "" for none."""
    said = [_plain(f"{brand} {model}"), *map(_plain, hints)]
    for codec in CODECS:
        for name in codec.models:
            for text in said:
                # A short model name alone (ERS, Kiwi) proves nothing without its vendor.
                if _plain(name) in text and (len(name) >= 5 or _plain(codec.vendor) in text):
                    return codec.id
    return ""


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
