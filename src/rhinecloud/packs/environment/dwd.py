"""Reads the German weather service's open data: hourly observations (POI) and ten-minute values (CDC).

POI: `weather/weather_reports/poi/<station>-BEOB.csv`, a table with three heads (parameter, unit, German name),
semicolons, decimal commas, `---` for nothing, times in UTC. CDC: `10minutenwerte_<what>_<station>_now.zip`, in it one
text file with semicolons, decimal points, -999 for nothing, times in UTC (since 2000).
Source: opendata.dwd.de; DWD, Datensatzbeschreibung der 10-Minuten-Werte. Units become those of our model.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rhinecloud.kit import Bad, Label, Reader

PROVIDER = "Deutscher Wetterdienst (DWD)"
LARGEST = 64 * 1024**2  # bytes of an unpacked product; a day's has some 10 kB
Convert = Callable[[float], float]

# Ids of a station in POI and in CDC → slug, name, longitude, latitude; others are read too, without a place.
STATIONS: Mapping[str, tuple[str, str, float, float]] = {
    "H419": ("duisburg-baerl", "Duisburg-Baerl", 6.7018, 51.5088),
    "13670": ("duisburg-baerl", "Duisburg-Baerl", 6.7018, 51.5088),
    "10400": ("duesseldorf", "Düsseldorf", 6.7686, 51.2960),
    "1078": ("duesseldorf", "Düsseldorf", 6.7686, 51.2960),
    "10410": ("essen-bredeney", "Essen-Bredeney", 6.9677, 51.4041),
    "1303": ("essen-bredeney", "Essen-Bredeney", 6.9677, 51.4041),
}


def _same(value: float) -> float:
    return value


def _share(percent: float) -> float:
    return round(percent / 100, 4)


def _m_s(km_h: float) -> float:
    return round(km_h / 3.6, 2)


def _w_m2(joule_cm2: float) -> float:
    """Of the energy of ten minutes, J/cm², the mean power in W/m²."""
    return round(joule_cm2 * 10_000 / 600, 1)


_POI: Mapping[str, tuple[str, Convert]] = {
    "dry_bulb_temperature_at_2_meter_above_ground": ("temperature", _same),
    "dew_point_temperature_at_2_meter_above_ground": ("dewPoint", _same),
    "relative_humidity": ("relativeHumidity", _share),
    "pressure_reduced_to_mean_sea_level": ("atmosphericPressure", _same),
    "mean_wind_speed_during last_10_min_at_10_meters_above_ground": ("windSpeed", _m_s),
    "mean_wind_direction_during_last_10 min_at_10_meters_above_ground": ("windDirection", _same),
    "maximum_wind_speed_last_hour": ("gustSpeed", _m_s),
    "precipitation_amount_last_hour": ("precipitationLastHour", _same),
    "total_snow_depth": ("snowHeight", _same),
    "global_radiation_last_hour": ("solarRadiation", _same),
    "diffuse_solar_radiation_last_hour": ("diffuseIrradiation", _same),
    "direct_solar_radiation_last_hour": ("directIrradiation", _same),
}
_UNITS = {"km/h", "Grad C", "hPa", "mm", "cm", "%", "Grad", "W/m2"}
_CDC: Mapping[str, tuple[str, Convert]] = {
    "TT_10": ("temperature", _same),
    "TD_10": ("dewPoint", _same),
    "RF_10": ("relativeHumidity", _share),
    "PP_10": ("atmosphericPressure", _same),
    "FF_10": ("windSpeed", _same),
    "DD_10": ("windDirection", _same),
    "FX_10": ("gustSpeed", _same),
    "RWS_10": ("precipitation", _same),
    "GS_10": ("solarRadiation", _w_m2),
    "DS_10": ("diffuseIrradiation", _w_m2),
}


def read_poi(data: bytes) -> Iterator[dict[str, Any] | Bad]:
    """Hourly observations of one station, newest first, as they stand in the file.

    Raises:
        ValueError: it is no such file, or a column is in another unit than it has been for years.
    """
    rows = list(csv.reader(io.StringIO(_text(data)), delimiter=";"))
    if len(rows) < 3 or not _is_poi(rows[0]):
        raise ValueError("the three heads of a POI file are missing")
    station, units = rows[1][0].strip(), rows[1]
    columns = [(n, *_POI[name]) for n, name in enumerate(rows[0]) if name in _POI]
    for n, _, _ in columns:
        if n < len(units) and units[n] not in _UNITS:
            raise ValueError(f"{rows[0][n]} is in {units[n]!r}, which is not known")
    first = True
    for number, row in enumerate(rows[3:], 4):
        if not row:
            continue
        try:
            at = datetime.strptime(f"{row[0]} {row[1]}", "%d.%m.%y %H:%M").replace(tzinfo=UTC)
            told = {name: convert(_comma(row[n])) for n, name, convert in columns if n < len(row) and row[n] != "---"}
        except (ValueError, IndexError) as error:
            yield Bad("bad value", f"Row {number} of station {station}: {error}", ";".join(row).encode())
            continue
        yield _entity(station, at, told, first) if told else _nothing(station, at, row)
        first = False


def read_cdc(data: bytes) -> Iterator[dict[str, Any] | Bad]:
    """Ten-minute values of one station and product.

    Raises:
        ValueError: it is no such archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            product = next((i for i in archive.infolist() if i.filename.startswith("produkt_")), None)
            if product is None or product.file_size > LARGEST:
                raise ValueError("the archive holds no product, or one that is too large")
            text = archive.read(product).decode("latin-1")
    except zipfile.BadZipFile as error:
        raise ValueError(f"it is no zip archive: {error}") from error
    rows = csv.reader(io.StringIO(text), delimiter=";")
    head = [name.strip() for name in next(rows, [])]
    if head[:2] != ["STATIONS_ID", "MESS_DATUM"]:
        raise ValueError("the product does not begin with STATIONS_ID and MESS_DATUM")
    columns = [(n, *_CDC[name]) for n, name in enumerate(head) if name in _CDC]
    if not columns:
        raise ValueError(f"none of its columns is read: {', '.join(head)}")
    first = True
    for number, cells in enumerate(rows, 2):
        row = [cell.strip() for cell in cells]
        if not any(row):
            continue
        try:
            station = str(int(row[0]))
            at = datetime.strptime(row[1], "%Y%m%d%H%M").replace(tzinfo=UTC)
            told = {name: convert(float(row[n])) for n, name, convert in columns if float(row[n]) > -900}
        except (ValueError, IndexError) as error:
            yield Bad("bad value", f"Row {number}: {error}", ";".join(cells).encode())
            continue
        yield _entity(station, at, told, first) if told else _nothing(station, at, cells)
        first = False


def _entity(station: str, at: datetime, told: Mapping[str, float], introduce: bool) -> dict[str, Any]:
    slug, name, lon, lat = STATIONS.get(station, (station.lower(), f"DWD {station}", 0.0, 0.0))
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    entity: dict[str, Any] = {"id": f"urn:ngsi-ld:WeatherObserved:dwd-{slug}", "type": "WeatherObserved"}
    if introduce:
        entity |= {"name": {"value": name}, "stationCode": {"value": station}, "dataProvider": {"value": PROVIDER}}
        if station in STATIONS:
            entity["location"] = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [lon, lat]}}
    return entity | {attr: {"value": value, "observedAt": moment} for attr, value in told.items()}


def _nothing(station: str, at: datetime, row: Iterable[str]) -> Bad:
    return Bad("no values", f"Station {station} tells nothing at {at:%Y-%m-%d %H:%M} UTC", ";".join(row).encode())


def _comma(cell: str) -> float:
    return float(cell.replace(",", "."))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_poi(head: list[str]) -> bool:
    return head[:2] == ["surface observations", "Parameter description"]


def _sniff_poi(_: str, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"surface observations;Parameter description")


def _sniff_cdc(_: str, head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04") and re.search(rb"produkt_zehn_\w+\.txt", head[:400]) is not None


READERS = (
    Reader(
        id="environment.dwd-poi",
        label=Label(de="DWD, stündliche Beobachtungen (POI)", en="DWD, hourly observations (POI)"),
        sniff=_sniff_poi,
        read=read_poi,
    ),
    Reader(
        id="environment.dwd-cdc",
        label=Label(de="DWD, Zehn-Minuten-Werte (CDC)", en="DWD, ten-minute values (CDC)"),
        sniff=_sniff_cdc,
        read=read_cdc,
    ),
)
