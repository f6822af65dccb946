"""Whatever comes in, it is a message or a refusal with a reason; whatever is drawn, nobody in it is left out."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rhinecloud.base.errors import Unreadable
from rhinecloud.operations.warnings import areas, forms, reading, rules, writing
from rhinecloud.operations.warnings.cap import Area, Info, Message, Named
from rhinecloud.operations.warnings.incoming import read
from rhinecloud.operations.warnings.starting import PROFILES

from .office import BOX
from .test_incoming import cap

NOW = 1_795_000_000_000_000
calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


def judged(data: bytes) -> None:
    for one in read("x", data, PROFILES["city"], BOX, NOW):
        assert (one.kept is None) != (one.fault is None)
        assert one.fault is None or (one.fault.reason and one.fault.detail)


@calm
@given(st.binary(max_size=200))
def test_bytes_of_any_kind(data: bytes) -> None:
    judged(data)


@calm
@given(st.integers(0, 10**9))
def test_a_message_with_bytes_changed(seed: int) -> None:
    draw = random.Random(seed)
    data = bytearray(
        cap(more="<circle>51.4,6.7 3</circle><geocode><valueName>SHN</valueName><value>05</value></geocode>")
    )
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(data))
        data[at : at + draw.randint(0, 3)] = bytes(draw.choice(b"<>&/ ,.-0123456789abcXYZ\x00\xff") for _ in range(2))
    judged(bytes(data))


json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["identifier", "sender", "info", "area", "polygon", "msgType", "sent", "alert", "x", "geocode"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=15,
)


@calm
@given(json_value)
def test_json_of_any_kind(value: object) -> None:
    judged(msgspec.json.encode(value))


@calm
@given(text, text, text, st.lists(st.tuples(text, text), max_size=3))
def test_what_is_written_is_read_again_as_it_was(head: str, body: str, area: str, codes: list[tuple[str, str]]) -> None:
    said = [writing.clean(t).strip() for t in (head, body, area)]
    info = Info(
        language="de",
        category=("Fire",),
        event="Brand",
        urgency="Immediate",
        severity="Severe",
        certainty="Likely",
        headline=said[0],
        description=said[1],
        parameters=tuple(Named(writing.clean(a).strip(), writing.clean(b).strip()) for a, b in codes),
        areas=(Area(desc=said[2], polygons=(((6.7, 51.4), (6.8, 51.4), (6.8, 51.5), (6.7, 51.4)),)),),
    )
    message = Message(
        identifier="a",
        sender="b",
        sent="2026-11-22T10:00:00+01:00",
        status="Actual",
        msg_type="Alert",
        scope="Public",
        infos=(info,),
    )
    data = writing.write(message)
    assert reading.schema_fault(data) == ""
    assert reading.read(data) == message
    assert writing.write(reading.read(data)) == data


@calm
@given(st.lists(st.tuples(st.floats(6.6, 6.85), st.floats(51.33, 51.56)), min_size=3, max_size=60), st.integers(8, 100))
def test_an_area_is_written_outward_with_few_corners(points: list[tuple[float, float]], most: int) -> None:
    shape = shapely.make_valid(shapely.Polygon(points))
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 1e-8]
    assume(parts)
    drawn = shapely.union_all(parts)
    written = areas.rings(drawn, most)
    assert all(len(r) >= 4 and r[0] == r[-1] for r in written)
    found = shapely.union_all([shapely.Polygon(r) for r in written])
    assert all(shapely.Polygon(r).is_valid for r in written)
    assert drawn.difference(found).area < 1e-12
    assert [areas.ring(areas.text_of(r)) for r in written] == list(written)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [6.7, 51.4]},
        {"type": "Polygon", "coordinates": [[[6.7, 51.4], [6.8, 51.5], [6.8, 51.4], [6.7, 51.5], [6.7, 51.4]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[6.7, 51.4], [6.7, 51.4], [6.7, 51.4], [6.7, 51.4]]]},
        {"type": "Polygon", "coordinates": "x"},
        {},
    ],
)
def test_what_is_no_area_is_refused_in_words(geometry: dict[str, object]) -> None:
    from rhinecloud.base.errors import BadRequestData

    with pytest.raises(BadRequestData):
        areas.surface(geometry)


def test_an_archive_that_unpacks_without_end_is_stopped(tmp_path: Path) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.xml", b" " * (reading.LONGEST + 10))
    found = list(forms.items("bomb.zip", packed.getvalue()))
    assert [f.fault.reason for f in found if f.fault] == ["too-large"]


def test_our_own_reader_and_the_schema_agree() -> None:
    """Each is asked about messages with one thing wrong: none that the schema refuses gets past our reader."""
    wrong = [
        cap().replace(b"Severe", b"severe"),
        cap().replace(b"<status>Actual</status>", b""),
        cap().replace(b"</info>", b"<area/></info>"),
        cap().replace(b"<certainty>", b"<certainty/><certainty>"),
        cap().replace(b">de<", b">d e<"),
        cap(more="<altitude>hoch</altitude>"),
        cap(sent="22.11.2026"),
    ]
    for data in wrong:
        assert reading.schema_fault(data)
        with pytest.raises(Unreadable):
            reading.read(data)
    assert rules.errors(rules.check(reading.read(cap()))) == []
