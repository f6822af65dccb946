"""The German weather service's files are read in full, in our units, or refused with a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from rhinecloud.kit import Bad
from rhinecloud.packs.environment.dwd import READERS, read_cdc, read_poi

HEADS = (
    "surface observations;Parameter description;dry_bulb_temperature_at_2_meter_above_ground;relative_humidity;"
    "maximum_wind_speed_last_hour\n{station};Unit;Grad C;%;{unit}\nDatum;Uhrzeit (UTC);Temperatur (2m);Feuchte;Boeen\n"
)


def _poi(*rows: str, station: str = "H419", unit: str = "km/h") -> bytes:
    return (HEADS.format(station=station, unit=unit) + "\n".join(rows) + "\n").encode()


def _archive(text: str, name: str = "produkt_zehn_now_tu_20261121_20261122_13670.txt") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, text)
    return made.getvalue()


def test_an_hour_comes_in_our_units_and_only_the_first_introduces_the_station() -> None:
    first, second = read_poi(_poi("22.11.26;09:00;-3,1;59;36", "22.11.26;08:00;-2;---;18"))
    assert isinstance(first, dict) and isinstance(second, dict)
    assert first["id"] == "urn:ngsi-ld:WeatherObserved:dwd-duisburg-baerl"
    assert first["location"]["value"]["coordinates"] == [6.7018, 51.5088]
    assert first["temperature"] == {"value": -3.1, "observedAt": "2026-11-22T09:00:00Z"}
    assert first["relativeHumidity"]["value"] == pytest.approx(0.59)
    assert first["gustSpeed"]["value"] == pytest.approx(10)
    assert second.keys() == {"id", "type", "temperature", "gustSpeed"}


def test_a_row_that_cannot_be_read_or_tells_nothing_is_refused_alone() -> None:
    rows = list(read_poi(_poi("22.11.26;09:00;warm;59;36", "yesterday;08:00;1;1;1", "22.11.26;07:00;---;---;---")))
    assert [row.reason for row in rows if isinstance(row, Bad)] == ["bad value", "bad value", "no values"]


def test_a_column_in_another_unit_is_not_taken_for_ours() -> None:
    with pytest.raises(ValueError, match="maximum_wind_speed_last_hour is in 'furlong/h'"):
        list(read_poi(_poi("22.11.26;09:00;1;1;1", unit="furlong/h")))


def test_ten_minute_values_leave_out_what_is_missing() -> None:
    text = "STATIONS_ID;MESS_DATUM;  QN;PP_10;TT_10;TM5_10;RF_10;TD_10;eor\n"
    text += "      13670;202611220910;    2;-999;   4.2;-999;  81.0;   1.2;eor\n"
    (row,) = read_cdc(_archive(text))
    assert isinstance(row, dict)
    assert row["temperature"] == {"value": 4.2, "observedAt": "2026-11-22T09:10:00Z"}
    assert row["relativeHumidity"]["value"] == pytest.approx(0.81)
    assert "atmosphericPressure" not in row


def test_the_energy_of_ten_minutes_becomes_a_power() -> None:
    text = (
        "STATIONS_ID;MESS_DATUM;  QN;DS_10;GS_10;SD_10;LS_10;eor\n 1766;202606211200; 2; 12.0; 54.0; 0.167;-999;eor\n"
    )
    (row,) = read_cdc(_archive(text))
    assert isinstance(row, dict)
    assert row["solarRadiation"]["value"] == 900  # 54 J/cm² in 600 s


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04 broken", _archive("nothing", "readme.txt"), _archive("STATIONS_ID;MESS_DATUM;QN;eor\n")]
)
def test_another_file_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(ValueError):
        list(read_cdc(data))
    with pytest.raises(ValueError):
        list(read_poi(data))


@pytest.mark.data
def test_the_real_files_are_known_and_read_in_full(samples: Path) -> None:
    folder = samples / "weather" / "dwd"
    found = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        for reader in READERS:
            if reader.sniff(path.name, data[: 64 * 1024]):
                found[path.name] = list(reader.read(data))
    assert {name: len(rows) for name, rows in found.items()} == {
        "observations_current.csv": 25,
        "10minutenwerte_SOLAR_01766_akt.zip": 288,
    }
    assert not any(isinstance(row, Bad) for rows in found.values() for row in rows)
