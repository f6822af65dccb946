"""Units: one table of the UN/CEFACT codes in use, how people read them, and conversion between them.

NGSI-LD names units by the common codes of UN/CEFACT Recommendation 20 (``unitCode``). Devices and feeds name them as
they like ("cm", "°C", "m³/s"): `code_of` finds the code. Conversion asks pint once for a pair of codes and is
afterwards one multiplication or division. Logarithmic figures (dB) have no pint name here: they convert to nothing.
Source: UN/CEFACT Recommendation 20, codes for units of measure; ETSI GS CIM 009, 4.5.2 (unitCode).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from .declare import Label

Converter = Callable[[float], float]


class Unit(msgspec.Struct, frozen=True):
    """One unit: its code, how it is printed, its name to pint ("": not convertible), and its name to people."""

    code: str
    symbol: str
    pint: str
    label: Label
    also: tuple[str, ...] = ()  # other spellings that devices and feeds use


def _rows(text: str) -> Mapping[str, Unit]:
    units = {}
    for line in text.strip().splitlines():
        code, symbol, pint, de, en, also = (cell.strip() for cell in line.split("|"))
        units[code] = Unit(code, symbol, pint, Label(de, en), tuple(also.split()))
    return units


UNITS: Final[Mapping[str, Unit]] = _rows("""
C62 | | dimensionless | eins | one | 1
P1  | % | percent | Prozent | percent | percent pct %RH
59  | ppm | ppm | Teile je Million | parts per million |
61  | ppb | ppb | Teile je Milliarde | parts per billion |
MTR | m | meter | Meter | metre | meter metre metres
CMT | cm | centimeter | Zentimeter | centimetre | centimeter
MMT | mm | millimeter | Millimeter | millimetre | millimeter
4H  | µm | micrometer | Mikrometer | micrometre | um μm
KMT | km | kilometer | Kilometer | kilometre | kilometer
INH | in | inch | Zoll | inch | inch
FOT | ft | foot | Fuß | foot | feet
SMI | mi | mile | Meile | mile | miles
NMI | sm | nautical_mile | Seemeile | nautical mile |
MTK | m² | meter ** 2 | Quadratmeter | square metre | m2 m^2
KMK | km² | kilometer ** 2 | Quadratkilometer | square kilometre | km2
HAR | ha | hectare | Hektar | hectare |
MTQ | m³ | meter ** 3 | Kubikmeter | cubic metre | m3 m^3
LTR | l | liter | Liter | litre | L
MLT | ml | milliliter | Milliliter | millilitre | mL
MQS | m³/s | meter ** 3 / second | Kubikmeter je Sekunde | cubic metres per second | m3/s m^3/s
MQH | m³/h | meter ** 3 / hour | Kubikmeter je Stunde | cubic metres per hour | m3/h m^3/h
G51 | l/s | liter / second | Liter je Sekunde | litres per second | L/s
L2  | l/min | liter / minute | Liter je Minute | litres per minute | L/min
MTS | m/s | meter / second | Meter je Sekunde | metres per second | mps
KMH | km/h | kilometer / hour | Kilometer je Stunde | kilometres per hour | kmh kph
KNT | kn | knot | Knoten | knot | kt knots
HM  | mph | mile / hour | Meilen je Stunde | miles per hour |
H67 | mm/h | millimeter / hour | Millimeter je Stunde | millimetres per hour |
SEC | s | second | Sekunde | second | sec seconds
C26 | ms | millisecond | Millisekunde | millisecond |
B98 | µs | microsecond | Mikrosekunde | microsecond | us μs
MIN | min | minute | Minute | minute | minutes
HUR | h | hour | Stunde | hour | hours
DAY | d | day | Tag | day | days
WEE | wk | week | Woche | week | weeks
MON | mon | month | Monat | month | months
ANN | a | year | Jahr | year | years
GRM | g | gram | Gramm | gram |
KGM | kg | kilogram | Kilogramm | kilogram |
TNE | t | metric_ton | Tonne | tonne |
GQ  | µg/m³ | microgram / meter ** 3 | Mikrogramm je Kubikmeter | micrograms per cubic metre | ug/m3 µg/m3 μg/m³ μg/m3
GP  | mg/m³ | milligram / meter ** 3 | Milligramm je Kubikmeter | milligrams per cubic metre | mg/m3
M1  | mg/l | milligram / liter | Milligramm je Liter | milligrams per litre | mg/L
GL  | g/l | gram / liter | Gramm je Liter | grams per litre | g/L
CEL | °C | degree_Celsius | Grad Celsius | degree Celsius | C degC ºC Celsius
FAH | °F | degree_Fahrenheit | Grad Fahrenheit | degree Fahrenheit | F degF ºF
KEL | K | kelvin | Kelvin | kelvin |
PAL | Pa | pascal | Pascal | pascal |
A97 | hPa | hectopascal | Hektopascal | hectopascal |
KPA | kPa | kilopascal | Kilopascal | kilopascal |
MBR | mbar | millibar | Millibar | millibar |
BAR | bar | bar | Bar | bar |
2N  | dB | | Dezibel | decibel | dBA dB(A) db
DBM | dBm | | Dezibel Milliwatt | decibel-milliwatts |
LUX | lx | lux | Lux | lux | lux
LUM | lm | lumen | Lumen | lumen |
CDL | cd | candela | Candela | candela |
WTT | W | watt | Watt | watt |
KWT | kW | kilowatt | Kilowatt | kilowatt |
MAW | MW | megawatt | Megawatt | megawatt |
D54 | W/m² | watt / meter ** 2 | Watt je Quadratmeter | watts per square metre | W/m2
KVA | kVA | kilovolt * ampere | Kilovoltampere | kilovolt ampere |
KVR | kvar | | Kilovar | kilovar | kVAr
WHR | Wh | watt * hour | Wattstunde | watt hour |
KWH | kWh | kilowatt * hour | Kilowattstunde | kilowatt hour |
MWH | MWh | megawatt * hour | Megawattstunde | megawatt hour |
JOU | J | joule | Joule | joule |
3B  | MJ | megajoule | Megajoule | megajoule |
GV  | GJ | gigajoule | Gigajoule | gigajoule |
VLT | V | volt | Volt | volt |
2Z  | mV | millivolt | Millivolt | millivolt |
KVT | kV | kilovolt | Kilovolt | kilovolt |
AMP | A | ampere | Ampere | ampere |
4K  | mA | milliampere | Milliampere | milliampere |
OHM | Ω | ohm | Ohm | ohm | ohm
D10 | S/m | siemens / meter | Siemens je Meter | siemens per metre |
H61 | mS/cm | millisiemens / centimeter | Millisiemens je Zentimeter | millisiemens per centimetre |
G42 | µS/cm | microsiemens / centimeter | Mikrosiemens je Zentimeter | microsiemens per centimetre | uS/cm μS/cm
Q30 | pH | | pH-Wert | pH | ph
HTZ | Hz | hertz | Hertz | hertz |
KHZ | kHz | kilohertz | Kilohertz | kilohertz |
MHZ | MHz | megahertz | Megahertz | megahertz |
RPM | 1/min | | Umdrehungen je Minute | revolutions per minute | rpm U/min
DD  | ° | degree | Grad | degree | deg degrees
C81 | rad | radian | Radiant | radian |
NEW | N | newton | Newton | newton |
AD  | B | byte | Byte | byte |
2P  | kB | kilobyte | Kilobyte | kilobyte |
4L  | MB | megabyte | Megabyte | megabyte |
E34 | GB | gigabyte | Gigabyte | gigabyte |
C74 | kbit/s | kilobit / second | Kilobit je Sekunde | kilobits per second | kbps
E20 | Mbit/s | megabit / second | Megabit je Sekunde | megabits per second | Mbps
B80 | Gbit/s | gigabit / second | Gigabit je Sekunde | gigabits per second | Gbps
""")
"""Every unit we know by name, by code. Others still travel as they came; they have no label and no conversion."""


def code_of(name: str) -> str | None:
    """The UN/CEFACT code that a code, symbol or usual spelling stands for; None: we do not know it."""
    return _CODES.get(name) or _CODES.get(name.strip())


def symbol(code: str) -> str:
    """How the unit is printed after a figure; an unknown code stands for itself."""
    known = UNITS.get(code)
    return known.symbol if known else code


def label(code: str, language: str) -> str:
    """The unit's name in German ("de…") or English."""
    known = UNITS.get(code)
    return known.label[language] if known else code


@lru_cache(maxsize=512)
def factor_offset(source: str, target: str) -> tuple[float, float]:
    """(factor, offset) so that a figure in `source` times factor plus offset is one in `target`; both are codes.

    Raises:
        ValueError: a code is not known, or the two measure different things; the message says which.
    """
    if source == target:
        return 1.0, 0.0
    for code in (source, target):
        if code not in UNITS:
            raise ValueError(f"Unit code {code!r} is not known; use a UN/CEFACT code such as MTR, CEL or P1")
    a, b = UNITS[source], UNITS[target]
    if not (a.pint and b.pint):
        raise ValueError(f"{a.symbol or a.code} does not convert to {b.symbol or b.code}")
    return _asked(a, b)


def _asked(a: Unit, b: Unit) -> tuple[float, float]:
    import pint

    registry = _registry()
    try:
        zero, thousand = (
            registry.Quantity(x, registry.Unit(a.pint)).to(registry.Unit(b.pint)).magnitude for x in (0.0, 1000.0)
        )
    except pint.DimensionalityError as error:
        raise ValueError(f"{a.symbol} does not convert to {b.symbol}: they measure different things") from error
    return _short((thousand - zero) / 1000), _short(zero)


def _short(number: float) -> float:
    """Without the last bits' noise of pint's way through base units, where a short decimal is that near."""
    short = float(f"{number:.12g}")
    return short if abs(short - number) <= 1e-14 * abs(number) else number


@lru_cache(maxsize=512)
def converter(source: str, target: str) -> Converter | None:
    """A function from a figure in `source` to one in `target`; None: they are the same, there is nothing to do.

    Raises:
        ValueError: as `factor_offset`.
    """
    factor, offset = factor_offset(source, target)
    if (factor, offset) == (1.0, 0.0):
        return None
    divisor = round(1 / factor) if abs(factor) < 1 else 0
    if offset == 0 and divisor and abs(divisor * factor - 1) < 1e-12:
        # 142.75 cm / 100 is 1.4275 m to the last bit; times 0.01 it is 1.4275000000000002.
        return lambda x: x / divisor
    if offset == 0:
        return lambda x: x * factor
    return lambda x: round(x * factor + offset, 9) + 0.0  # never -0.0


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("ppb = 1e-9")
    return registry


def _spellings() -> dict[str, str]:
    known: dict[str, str] = {}
    for unit in UNITS.values():
        for name in (unit.code, unit.symbol, *unit.also):
            if name:
                known.setdefault(name, unit.code)
    return known


_CODES: Final = _spellings()
