"""What a rule may be, and how it is said where it may not."""

from __future__ import annotations

import pytest

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import BadRequestData
from rhinecloud.insight import Ahead, Change, Rule

from .city import City, rule


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (rule(type="Gage"), r"type: 'Gage' does not exist; did you mean Gauge\?"),
        (rule(type=""), "type: say what"),
        (rule("level>8;"), "q: the name of an attribute is expected at its end"),
        (rule("level>8 and flow>3", until_q="level<"), "until_q: a value is expected at its end"),
        (rule("level==5)"), "q: .* at position 9"),
        (
            rule("level>850"),
            r"q: level lies between 0 m and 14 m, so 850 is never reached; the limit is in metre \(m\)",
        ),
        (rule("level>8.5", until_q="level<8.7"), "until_q: level<8.7 is already true where q holds, as at level = 8.6"),
        (rule("level>8|flow>4000", until_q="level<7"), "already true where q holds, as at level = .*, flow = "),
        (rule('mood=="bad"', until_q='mood=="bad"'), "already true where q holds"),
        (rule("levl>8"), r"Gauge has no attribute 'levl'; did you mean level\?"),
        (rule("refStation{Station:open}==false"), "cannot follow relationships"),
        (rule(""), "says nothing"),
        (rule("", silent_s=60), "which attribute"),
        (rule(for_s=-1), "for_s"),
        (rule(severity="bad"), "severity: 'bad' does not exist"),
        (rule(text=Label("{wert}", "{value}")), r"\{wert\} means nothing"),
        (rule(text=Label("", "x")), "German and in English"),
        (rule("", change=Change(attr="level", per_s=60)), "either above or below"),
        (rule("", change=Change(attr="level", per_s=0, above=1)), "stretch of time"),
        (rule("", change=Change(attr="level", per_s=60, below=1)), "a negative number"),
        (rule("", forecast=Ahead(attr="level", within_s=60, above=1, below=2)), "either above or below"),
        (rule(geo={"georel": "close", "geometry": {"type": "Point", "coordinates": [6, 51]}}), "georel: 'close'"),
        (rule(scope_q="/a//b"), "scopeQ"),
        (rule('alertState=="raised"', type="Alert"), "alerts of alerts"),
        (rule(id="Own Flood!"), "cannot be a rule's id"),
        (rule(pack="water"), "declares no rule"),
    ],
    ids=lambda given: given.q or given.title.en if isinstance(given, Rule) else "",
)
async def test_a_rule_that_cannot_be_is_refused_with_the_reason(city: City, wrong: Rule, why: str) -> None:
    with pytest.raises(BadRequestData, match=why):
        city.insight.save_rule("city", wrong, "person:anna")
    assert city.insight.rules("city") == []


@pytest.mark.parametrize(
    "right",
    [
        rule("level>8.5", until_q="level<8.5"),
        rule("level>8.5;flow>4000", until_q="level<8.2"),
        rule("level==3..5"),
        rule("!name"),
        rule('mood=="bad"', until_q='mood!="bad"'),
        rule('id=="urn:a"', silent_s=60, attr="level"),
        rule("level.unitCode==MTR;level>3"),
        rule("", forecast=Ahead(attr="level", within_s=3600, above=8)),
    ],
    ids=lambda r: r.q,
)
async def test_a_rule_that_can_be_is_kept(city: City, right: Rule) -> None:
    assert (await city.save(right)).version == 1


async def test_a_new_rule_is_named_after_its_title(city: City) -> None:
    first = await city.save(rule(id="", title=Label("Ruhr über 3 m", "Ruhr over 3 m")))
    second = await city.save(rule(id="", title=Label("Ruhr über 3 m", "Ruhr over 3 m")))
    assert (first.id, second.id) == ("own.ruhr-over-3-m", "own.ruhr-over-3-m-2")
