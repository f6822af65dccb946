"""What a commit changed is the same after packing, whatever its columns hold, and small where they repeat."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base.model import Changes, body_of, instance_of, number_of
from rhinecloud.base.packing import COLUMNS, pack, unpack

words = st.sampled_from(["", "urn:a", "urn:b", "ä\U0001f30a"])
instants = st.integers(-(2**62), 2**62)
row = st.tuples(
    words, words, words, words, st.integers(0, 2), st.none() | instants, st.sampled_from([1, 2, 2**60]),
    st.none() | st.floats(allow_nan=False), st.none() | st.sampled_from([b"{}", b'{"unitCode":"CEL"}']),
    st.integers(0, 511), words, words, st.booleans(),
)  # fmt: skip


def made(rows: list[Any]) -> Changes:
    columns: Any = map(list, zip(*rows, strict=True)) if rows else ([] for _ in COLUMNS)
    return Changes("city", 7, 9, *columns)


@given(st.lists(row, max_size=40))
def test_what_is_packed_comes_out_again(rows: list[Any]) -> None:
    changes = made(rows)
    assert unpack(pack(changes)) == changes


@given(st.lists(st.tuples(row, st.integers(1, 4)), min_size=1, max_size=20))
def test_rows_of_one_update_may_be_told(updates: list[Any]) -> None:
    rows = [(*one[:2], f"urn:attr:{n}", *one[3:]) for one, count in updates for n in range(count)]
    changes = made(rows)
    assert unpack(pack(changes, [count for _, count in updates])) == changes


def test_a_batch_of_observations_takes_some_twenty_bytes_each() -> None:
    attrs = [f"https://smartdatamodels.org/dataModel.Weather/figure{n}" for n in range(5)]
    kind, unit = "https://smartdatamodels.org/dataModel.Weather/WeatherObserved", b'{"unitCode":"CEL"}'
    rows = [
        (f"urn:ngsi-ld:WeatherObserved:{n}", kind, attr, "", 1, 10**15, 10**15, n / 7, unit, 0, "token:x", "", False)
        for n in range(1000)
        for attr in attrs
    ]
    assert len(pack(made(rows), [5] * 1000)) / 5000 < 22


def test_what_is_no_commit_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        unpack(b"\x93\xa1x\x01\x02")


@pytest.mark.parametrize(
    ("instance", "body"),
    [
        ({"type": "Property", "value": 8.5}, None),
        ({"type": "Property", "value": 8, "observedAt": "2026-11-22T10:00:00Z"}, None),
        ({"type": "Property", "value": 8.5, "unitCode": "MTR"}, b'{"unitCode":"MTR"}'),
        ({"type": "Property", "value": 8.5, "datasetId": "urn:b"}, b'{"datasetId":"urn:b"}'),
        ({"type": "Property", "value": True}, b'{"type":"Property","value":true}'),
        ({"type": "Property", "value": 2**53}, b'{"type":"Property","value":9007199254740992}'),
        ({"type": "GeoProperty", "value": {"type": "Point"}}, b'{"type":"GeoProperty","value":{"type":"Point"}}'),
        (
            {"type": "Property", "value": 1, "attrs": {"urn:q": [{"type": "Property", "value": "good"}]}},
            b'{"attrs":{"urn:q":[{"type":"Property","value":"good"}]}}',
        ),
    ],
)
def test_an_instance_comes_back_from_its_row(instance: Any, body: bytes | None) -> None:
    number = number_of(instance)
    told = body_of(instance | {"_c": 1, "_f": 4}, number)
    assert told == body
    observed = 1_795_341_600_000_000 if "observedAt" in instance else None
    assert instance_of(observed, number, told) == instance
