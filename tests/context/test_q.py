"""The query language (ETSI GS CIM 009, 4.9): what is read, what is refused, and what it means on an entity."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData, RhineError, TooComplexQuery
from rhinecloud.base.model import Entity
from rhinecloud.context import q
from rhinecloud.context.matching import compile_condition

from .gauges import LEVEL, NAME, expand, number, relation, text

BASIN: Entity = {
    "id": "urn:basin",
    "type": ["https://example.org/Basin"],
    "_c": 0,
    "_m": 0,
    "attrs": {NAME: [text("Becken A")]},
}
GAUGE: Entity = {
    "id": "urn:gauge",
    "type": ["https://example.org/Gauge"],
    "scope": ["/Duisburg/Ruhrort"],
    "_c": parse_us("2026-11-20T00:00:00Z"),
    "_m": parse_us("2026-11-22T00:00:00Z"),
    "attrs": {
        LEVEL: [
            number(4, "09:00:00", unitCode="MTR", _m=5, attrs={expand("accuracy"): [number(0.5)]}),
            number(6, datasetId="urn:b"),
        ],
        NAME: [text("Ruhrort")],
        expand("open"): [text(True)],
        expand("tags"): [text(["red", "green"])],
        expand("address"): [text({"city": "Duisburg", "lines": [{"no": 1}, {"no": 2}]})],
        expand("since"): [text("2026-11-01T00:00:00+01:00")],
        expand("typed"): [text({"@type": "DateTime", "@value": "2026-11-01T00:00:00Z"})],
        expand("colour"): [{"type": "LanguageProperty", "languageMap": {"de": "rot", "en": "red"}}],
        expand("kind"): [{"type": "VocabProperty", "vocab": "https://example.org/commercial"}],
        expand("in"): [relation("urn:basin")],
        expand("ins"): [{"type": "Relationship", "object": ["urn:x", "urn:basin"]}],
    },
}


def holds(text: str, **options: Any) -> bool:
    condition = q.parse(text, expand, options.pop("expand_values", ()))
    return compile_condition(condition, lambda ids: [BASIN] if "urn:basin" in ids else [], **options)(GAUGE)


TRUE = """
level  level==4  level==6  level==4,9  level==1..4  level!=5  level>5  level>=6  level<5  level<=4
level==4.0  level!=7..9
name=="Ruhrort"  name=="a","Ruhrort"
name~=^Ruhr  name~="ort$"  name!~=^Meid  name!="x"  name>"R"  name=="Q".."S"
open==true  open!=false  tags=="red"  tags==red  tags!="blue"  !missing
address[city]=="Duisburg"  address[city]  address[lines.no]==2  address[lines].no==1
since==2026-10-31T23:00:00Z  since>2026-10-31T22:59:59Z  typed<2026-11-02T00:00:00Z  typed==2026-11-01T01:00:00+01:00
colour[en]=="red"  colour[*]=="rot"  colour=="rot"  in==urn:basin  in=="urn:basin"  in!=urn:other  ins==urn:basin
in{name}=="Becken A"  in{Basin:name}=="Becken A"  ins{name}~=Becken
level.observedAt==2026-11-22T09:00:00Z  level.unitCode=="MTR"  level.accuracy<1  level.accuracy
createdAt<2026-11-21T00:00:00Z  modifiedAt>"2026-11-21T00:00:00Z"  id==urn:gauge  scope=="/Duisburg/Ruhrort"
level==4;name=="Ruhrort"  level==9|name=="Ruhrort"  (level==9|level==4);open==true  level==4;level==9|open==true
kind==https://example.org/commercial
"""
FALSE = """
missing  !level  level==5  level!=4  level==7..9  level=="4"  level==true  name=="ruhrort"  name==4  name~=^ort
open=="true"  open==1  tags!="red"  missing!=5  address=="Duisburg"  address[street]  address[city]!="Duisburg"
colour[en]=="rot"  colour[*]!="red"  in>urn:a  in~=basin  in{Port:name}=="Becken A"  in{missing}  in{name}=="B"
since<2026-10-31T22:00:00Z  level==9;name=="Ruhrort"  (level==9|level==8);open==true  kind==commercial
"""


@pytest.mark.parametrize("condition", TRUE.replace("\n", "  ").strip().split("  "))
def test_it_holds(condition: str) -> None:
    assert holds(condition)


@pytest.mark.parametrize("condition", FALSE.replace("\n", "  ").strip().split("  "))
def test_it_does_not_hold(condition: str) -> None:
    assert not holds(condition)


def test_only_the_datasets_asked_for_count() -> None:
    assert not holds("level==6", datasets=frozenset([""]))
    assert holds("level==6", datasets=frozenset(["urn:b"]))


def test_values_are_expanded_where_that_is_asked() -> None:
    assert holds("kind==commercial", expand_values=["kind"])


@pytest.mark.parametrize(
    "text",
    """
    ;  |  (  )  ()  level==  ==4  level==4;  level==4|  (level==4  level==4)  level>4..5  level<1,2  level~=  level~=(
    level..a==1     level[==1  in{name  in{}  level==1..  level==1.."a"  level=="x  level==1e999 .a==1  level==4;;name
    """.split(),  # noqa: SIM905 - a table reads better without quotes
)
def test_what_is_no_query_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(BadRequestData, match=r"q: .*|.*regular expression.*"):
        q.parse(text, expand)


@pytest.mark.parametrize("text", ["(" * 50 + "a" + ")" * 50, "a;" * 300 + "a", "a" * 9000, "a{" * 40 + "a" + "}" * 40])
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(TooComplexQuery):
        q.parse(text, expand)


@given(st.text(alphabet='ab=!<>~;|()[]{}.,"\\1-e:TZ^*+# \x00é', max_size=40))
def test_any_text_is_read_or_refused_and_what_is_read_runs(text: str) -> None:
    try:
        condition = q.parse(text, expand)
    except RhineError as error:
        assert error.status < 500
        return
    compile_condition(condition, lambda _: [BASIN])(GAUGE)


def test_a_pattern_cannot_hang() -> None:
    long = GAUGE | {"attrs": {NAME: [text("a" * 50_000)]}}
    # An engine that backtracks would not come back before the end of the suite.
    assert not compile_condition(q.parse("name~=^(a+)+(a*)*$b", expand), lambda _: [])(long)
