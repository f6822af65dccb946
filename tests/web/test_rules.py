"""Rules and alerts on the screen: written as a sentence, tried, kept in versions, and followed to the evidence."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.declare import Label
from rhinecloud.insight import Ahead, Change, Rule
from rhinecloud.web.catalogue import sort_of
from rhinecloud.web.districts import districts
from rhinecloud.web.rule_form import empty, fields, split
from rhinecloud.web.rule_reading import read
from rhinecloud.web.sentence import plain, reading

from .conftest import Screens, thing

HIGH = {
    "type": "WaterObserved",
    "sort": "level",
    "attr": "height",
    "how": "above",
    "value": "8,5",
    "for_n": "0",
    "for_u": "min",
    "severity": "critical",
    "title_de": "Sehr hoch",
    "title_en": "Very high",
    "text_en": "{name} is at {value} {unit}.",
    "on": "1",
}


def told(text: str) -> str:
    """What a person reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def saved(screens: Screens, **changed: str) -> str:
    """The id of a rule that was saved as a person does it."""
    answer = await screens.post("/rules/save", form="/rules/new", **(HIGH | changed))
    assert answer.status_code == 303, told(answer.text)[:2000]
    return answer.headers["location"].removeprefix("/rules/").partition("?")[0]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "rule",
    [
        {"q": "height>8.5", "for_s": 600.0},
        {"q": "height>8.5", "until_q": "height<8.2"},
        {"q": 'stationCode=="2770010";height>=11.3'},
        {"q": "height>8|flow>5000"},
        {"change": Change(attr="height", per_s=3600, above=0.3)},
        {"change": Change(attr="height", per_s=900, below=-0.3), "q": "height>4"},
        {"silent_s": 7200.0},
        {"forecast": Ahead(attr="height", within_s=10_800, above=9.3)},
        {"q": "height<2", "geo": {"georel": "within", "geometry": districts()["Mitte"].geometry}},
    ],
    ids=str,
)
def test_a_rule_comes_back_from_its_form_as_it_was(city_model: Any, language: str, rule: dict[str, Any]) -> None:
    made = Rule(
        id="own.x", title=Label("Hoch", "High"), text=Label("H", "H"), type="WaterObserved", attr="height", **rule
    )
    sort = sort_of(city_model, city_model.types[city_model.terms["WaterObserved"]], language)
    again, wrong = read(fields(made, language), sort, city_model, rule_id="own.x")
    assert not wrong
    assert again == made


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("value", {"value": "much"}),
        ("title_de", {"title_de": "", "title_en": ""}),
        ("back", {"back": "9"}),
        ("for_n", {"for_n": "-1"}),
        ("for_n", {"for_n": "90", "for_u": "d"}),
        ("area", {"area": "Atlantis"}),
        ("area", {"area": "drawn", "geometry": '{"type":"Point","coordinates":[6,51]}'}),
        ("severity", {"severity": "dreadful"}),
        ("q", {"sort": "query", "q": "height>"}),
        ("q", {"sort": "query", "q": ""}),
        ("until_q", {"until_q": "((("}),
        ("span_n", {"sort": "silence", "span_n": "0"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(city_model: Any, field: str, changed: dict[str, str]) -> None:
    sort = sort_of(city_model, city_model.types[city_model.terms["WaterObserved"]], "en")
    rule, wrong = read(empty(sort) | HIGH | changed, sort, city_model)
    assert rule is None
    assert field in wrong


def test_a_sentence_reads_well_in_both_languages(city_model: Any) -> None:
    said = {}
    for language in ("de", "en"):
        sort = sort_of(city_model, city_model.types[city_model.terms["WaterObserved"]], language)
        said[language] = plain(reading(empty(sort) | HIGH | {"value": "8.5", "for_n": "10"}, sort, language))
    assert said["en"] == "When the water level of any water gauge is above 8.5 m for 10 min, raise critical."
    assert said["de"] == "Wenn bei Pegel gilt: Wasserstand liegt über 8.5 m, und das für 10 min, dann melde: Kritisch."


def test_conditions_are_split_outside_of_quotes_and_brackets() -> None:
    assert split('a=="x;y";(b>1;c<2);d') == ['a=="x;y"', "(b>1;c<2)", "d"]


async def test_a_rule_is_written_raises_and_leads_to_its_evidence(screens: Screens) -> None:
    await screens.sign_in()
    rule = await saved(screens)
    await screens.tell(thing(screens.city.model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, height=9.1))
    alert = await raised(screens)
    listed = told((await screens.http.get("/alerts")).text)
    assert "Very high" in listed
    assert "Pegel Ruhrort is at 9.10 m." in listed
    page = await screens.http.get(f"/alerts/{alert}")
    text = told(page.text)
    assert "Very high: Pegel Ruhrort" in text
    assert "When the water level of any water gauge is above 8.5 m , raise critical ." in text or "8.5 m" in text
    assert "9.10 m" in text
    assert f'href="/rules/{rule}"' in page.text
    assert "/situation?at=" in page.text


async def raised(screens: Screens) -> str:
    """The id of the alert that stands."""
    for _ in range(100):
        await screens.city.insight.settled()
        found, _ = screens.city.insight.alerts("city", state="raised")
        if found:
            return str(found[0].id)
        await asyncio.sleep(0.05)
    raise AssertionError("no alert was raised")


async def test_an_alert_is_acknowledged_snoozed_and_commented(screens: Screens) -> None:
    await screens.sign_in()
    await saved(screens)
    await screens.tell(thing(screens.city.model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, height=9.1))
    alert = await raised(screens)
    page = f"/alerts/{alert}"
    await screens.post(f"{page}/comment", form=page, text="The pump is on its way")
    await screens.post(f"{page}/snooze", form=page, minutes="60")
    answer = await screens.post("/alerts/acknowledge", form="/alerts", **{f"alert.{alert}": "1"})
    assert answer.status_code == 303
    text = told((await screens.http.get(page)).text)
    assert "acknowledged by anna" in text
    assert "The pump is on its way" in text
    empty_comment = await screens.post(f"{page}/comment", form=page, text=" ")
    assert "Write what the next one should know." in told(empty_comment.text)
    acts = [r.action for r in screens.city.access.trail.records()]
    assert {"alert.acknowledge", "alert.snooze", "alert.comment", "rule.save"} <= set(acts)


async def test_the_list_shows_what_waits_and_what_was_between_two_days(screens: Screens) -> None:
    await screens.sign_in()
    await saved(screens)
    await screens.tell(thing(screens.city.model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, height=9.1))
    alert = await raised(screens)

    async def listed(query: str) -> bool:
        return "Pegel Ruhrort" in (await screens.http.get(f"/alerts?{query}")).text

    assert await listed("state=open")
    today = datetime.fromtimestamp(screens.city.clock() / 1e6, ZoneInfo("Europe/Berlin")).date()
    alone = screens.city.insight.alert("city", alert).raised_us
    raised_on = datetime.fromtimestamp(alone / 1e6, ZoneInfo("Europe/Berlin")).date()
    assert await listed(f"state=all&first={raised_on}&last={raised_on}")
    assert await listed(f"state=all&first={today}"), "it still stands"
    assert not await listed(f"state=all&last={raised_on - timedelta(days=1)}")
    assert await listed("state=all&first=nonsense"), "what is no day is no filter"
    text = (await screens.http.get("/alerts")).text
    assert re.search(r'id="waiting">1<', text)
    await screens.post(f"/alerts/{alert}/snooze", form=f"/alerts/{alert}", minutes="60")
    text = (await screens.http.get("/alerts")).text
    assert "quiet until" in text
    assert re.search(r'id="waiting" hidden>0<', text), "what is snoozed does not wait"
    assert not await listed("state=open")


async def test_a_form_that_is_refused_keeps_what_was_typed(screens: Screens) -> None:
    await screens.sign_in()
    answer = await screens.post("/rules/save", form="/rules/new", **(HIGH | {"value": "much", "text_en": "Keep me"}))
    assert answer.status_code == 400
    assert "Write a number." in told(answer.text)
    assert 'value="much"' in answer.text
    assert "Keep me" in answer.text


async def test_versions_show_what_changed_and_come_back(screens: Screens) -> None:
    await screens.sign_in()
    rule = await saved(screens)
    await saved(screens, rule=rule, value="9")
    text = (await screens.http.get(f"/rules/{rule}")).text
    assert "<del>height&gt;8.5</del>" in text
    assert "<ins>height&gt;9</ins>" in text
    await screens.post(f"/rules/{rule}/restore", form=f"/rules/{rule}", version="1")
    assert screens.city.insight.rule("city", rule).q == "height>8.5"
    await screens.post(f"/rules/{rule}/switch", form=f"/rules/{rule}", on="0")
    assert not screens.city.insight.rule("city", rule).on


async def test_a_packs_rule_is_changed_and_goes_back(screens: Screens) -> None:
    await screens.sign_in()
    rule = next(r for r in screens.city.insight.rules("city") if r.pack)
    page = f"/rules/{rule.id}"
    typed = fields(rule, "en") | {"severity": "info", "rule": rule.id}
    answer = await screens.post("/rules/save", form=page, **typed)
    assert answer.status_code == 303, told(answer.text)
    assert screens.city.insight.rule("city", rule.id).severity == "info"
    assert "changed by the city" in told((await screens.http.get(page)).text)
    await screens.post(f"{page}/delete", form=page)
    assert screens.city.insight.rule("city", rule.id).severity == rule.severity


async def test_a_rule_is_tried_on_the_past(screens: Screens) -> None:
    await screens.sign_in()
    for hour, high in enumerate((7.0, 9.0, 9.2, 8.0), 1):
        at = iso(now_us() - (9 - hour) * 3_600_000_000)
        await screens.tell(thing(screens.city.model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, at=at, height=high))
    answer = await screens.post("/rules/try", form="/rules/new", span="month", **HIGH)
    assert answer.status_code == 303
    text = ""
    for _ in range(100):
        text = told((await screens.http.get(answer.headers["location"])).text)
        if "Cancel" not in text:
            break
        await asyncio.sleep(0.05)
    assert "would have raised" in text
    async with screens.browser() as stranger:
        assert (await stranger.get(answer.headers["location"])).status_code == 303


async def test_what_matches_now_stands_beside_the_form(screens: Screens) -> None:
    await screens.sign_in()
    await screens.tell(
        thing(screens.city.model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, height=9.1),
        thing(screens.city.model, "WaterObserved", "Pegel Homberg", 6.70, 51.46, height=2.1),
    )
    text = told((await screens.post("/rules/sketch", form="/rules/new", **HIGH)).text)
    assert "1 of 2 match" in text
    assert "Pegel Ruhrort" in text
    assert "Pegel Homberg" not in text
    wrong = told((await screens.post("/rules/sketch", form="/rules/new", **(HIGH | {"value": "x"}))).text)
    assert "Write a number." in wrong


async def test_another_tenant_sees_none_of_it(screens: Screens) -> None:
    from rhinecloud.access import system

    screens.city.access.tenants.add(system("test"), "port", "Port")
    await screens.sign_in()
    rule = await saved(screens)
    await screens.tell(thing(screens.city.model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, height=9.1))
    alert = await raised(screens)
    async with screens.browser() as http:
        screens.http = http
        await screens.sign_in("piet", "engineer@port")
        assert rule not in (await http.get("/rules")).text
        assert (await http.get(f"/rules/{rule}")).status_code == 404
        assert (await http.get(f"/alerts/{alert}")).status_code == 404
        assert "Pegel Ruhrort" not in (await http.get("/alerts?state=all")).text
        assert "Pegel Ruhrort" not in (await http.get("/data/WaterObserved")).text
        assert (await http.get("/data/entity?id=urn:ngsi-ld:WaterObserved:pegel-ruhrort")).status_code == 404


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("leadership", "/alerts", 200),
        ("leadership", "/rules", 403),
        ("analyst", "/rules", 200),
        ("analyst", "/rules/new", 403),
        ("operator", "/packs", 403),
        ("engineer", "/administration/audit", 403),
    ],
)
async def test_roles_open_what_they_should(screens: Screens, role: str, path: str, status: int) -> None:
    await screens.sign_in("otto", f"{role}@city")
    assert (await screens.http.get(path)).status_code == status


async def test_acting_takes_the_right(screens: Screens) -> None:
    await screens.sign_in("lea", "leadership@city")
    answer = await screens.post("/alerts/acknowledge", form="/alerts", **{"alert.x": "1"})
    assert answer.status_code in (403, 404)
    assert (await screens.post("/rules/save", form="/account", **HIGH)).status_code == 403
