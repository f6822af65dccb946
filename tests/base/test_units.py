"""Unit codes and conversion."""

from __future__ import annotations

import pytest

from rhinecloud.base import units


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (142.75, "CMT", "MTR", 1.4275),
        (32, "FAH", "CEL", 0.0),
        (-40, "FAH", "CEL", -40.0),
        (20, "CEL", "KEL", 293.15),
        (36, "KMH", "MTS", 10.0),
        (1013.25, "MBR", "A97", 1013.25),
        (101325, "PAL", "A97", 1013.25),
        (415, "59", "61", 415_000),
        (68, "P1", "C62", 0.68),
        (3.6, "MQH", "MQS", 0.001),
        (1.5, "KWH", "WHR", 1500),
    ],
)
def test_conversion_gives_the_exact_figure(value: float, source: str, target: str, expected: float) -> None:
    convert = units.converter(source, target)
    assert (convert(value) if convert else value) == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_centimetres_become_metres_to_the_last_bit() -> None:
    convert = units.converter("CMT", "MTR")
    assert convert is not None
    assert [convert(x) for x in (142.75, 143.25, 142.5)] == [1.4275, 1.4325, 1.425]


def test_the_same_unit_needs_no_conversion() -> None:
    assert units.converter("MTR", "MTR") is None
    assert units.factor_offset("2N", "2N") == (1.0, 0.0)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [("MTR", "SEC", "different things"), ("2N", "P1", "does not convert"), ("XYZ", "MTR", "'XYZ' is not known")],
)
def test_what_does_not_convert_is_said(source: str, target: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        units.converter(source, target)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cm", "CMT"),
        ("CMT", "CMT"),
        ("m³/s", "MQS"),
        ("m3/s", "MQS"),
        ("°C", "CEL"),
        ("µg/m³", "GQ"),
        ("foo", None),
    ],
)
def test_usual_spellings_have_a_code(name: str, code: str | None) -> None:
    assert units.code_of(name) == code


def test_every_unit_is_known_to_pint_and_named_in_both_languages() -> None:
    for unit in units.UNITS.values():
        assert unit.label["de"], unit
        assert unit.label["en"], unit
        if unit.pint:
            base = {"CEL": "KEL", "FAH": "KEL"}.get(unit.code, unit.code)
            units.factor_offset(unit.code, base)


def test_units_are_printed_for_people() -> None:
    assert units.symbol("MQS") == "m³/s"
    assert units.symbol("unknown") == "unknown"
    assert units.label("CEL", "de") == "Grad Celsius"
    assert units.label("CEL", "en-GB") == "degree Celsius"
