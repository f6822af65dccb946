"""The explorer, packs, mappings, dead letters and administration, asked as a browser asks."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest

from rhinecloud.access import system
from rhinecloud.backbone import MQTT, RawMessage
from rhinecloud.base.errors import Unreadable
from rhinecloud.connect import Device, Mapping
from rhinecloud.web.asking import escaped
from rhinecloud.web.mapping_form import form_of, proposed, read

from .conftest import Screens, thing

PAGES = (
    *("/alerts", "/rules", "/rules/new", "/data", "/data/WaterObserved", "/data/chart", "/packs", "/packs/environment"),
    *("/quality", "/administration", "/administration/people/anna", "/administration/tenants"),
    *("/administration/audit", "/administration/audit?verify=1", "/administration/settings", "/administration/health"),
)


def told(text: str) -> str:
    """What a person reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def gauges(screens: Screens) -> None:
    model = screens.city.model
    await screens.tell(
        thing(model, "WaterObserved", "Pegel Ruhrort", 6.73, 51.45, height=9.1),
        thing(model, "WaterObserved", "Pegel Homberg", 6.70, 51.46, height=2.1),
        thing(model, "WaterObserved", "=cmd|' /C calc'!A0", 6.71, 51.46, height=3.3),
    )


@pytest.mark.parametrize("language", ["de", "en"])
async def test_every_page_opens_without_data_and_keeps_the_policy(screens: Screens, language: str) -> None:
    await screens.sign_in()
    screens.http.cookies.set("rhinecloud_language", language)
    for path in PAGES:
        answer = await screens.http.get(path)
        assert answer.status_code == 200, (path, told(answer.text)[:500])
        assert f'<html lang="{language}"' in answer.text
        for inline in ("<style", " style=", " onclick", "<script>"):
            assert inline not in answer.text, (path, inline)


@pytest.mark.parametrize("path", [p for p in PAGES if not p.startswith("/data")])
async def test_a_stranger_is_asked_to_sign_in(screens: Screens, path: str) -> None:
    assert (await screens.http.get(path)).headers["location"].startswith("/sign-in")


async def test_a_table_is_filtered_sorted_and_built(screens: Screens) -> None:
    await screens.sign_in()
    await gauges(screens)
    text = told((await screens.http.get("/data/WaterObserved?q=height>2.5&sort=height.down")).text)
    assert text.index("Pegel Ruhrort") < text.index("=cmd")
    assert "Pegel Homberg" not in text
    assert "Water level above 2.5 m" in text
    assert "Pegel Homberg" in told((await screens.http.get("/data/WaterObserved?text=homB")).text)
    built = await screens.http.get("/data/WaterObserved?q=height>1&add_attr=height&add_op=<&add_value=3,0")
    assert built.headers["location"].endswith("q=height%3E1%3Bheight%3C3")
    wrong = await screens.http.get("/data/WaterObserved?q=height>")
    assert wrong.status_code == 400
    assert "is not" in told(wrong.text) or "expected" in told(wrong.text)
    assert (await screens.http.get("/data/Unknown")).status_code == 404


async def test_the_call_below_a_table_gives_the_same(screens: Screens) -> None:
    await screens.sign_in()
    await gauges(screens)
    page = (await screens.http.get("/data/WaterObserved?q=height>2.5&cols=height")).text
    call = html.unescape(re.search(r'id="curl"[^>]*>(.*?)</pre>', page, re.S)[1])  # type: ignore[index]
    address = re.search(r'curl "([^"]+)"', call)
    assert address
    secret, _ = screens.city.access.tokens.new(system("test"), "test", ["entities.read"])
    async with screens.browser(Authorization=f"Bearer {secret}") as program:
        found = (await program.get(address[1].removeprefix("http://localhost"))).json()
    assert {e["id"].rsplit(":", 1)[-1] for e in found} == {"pegel-ruhrort", "=cmd|'-/c-calc'!a0"}


async def test_downloads_say_units_and_start_no_formula(screens: Screens) -> None:
    import pyarrow.parquet as pq

    await screens.sign_in()
    await gauges(screens)
    answer = await screens.http.get("/data/WaterObserved/download/csv?cols=height&q=height>2.5")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][-1] == "height"
    assert rows[1][-1] == "m"
    assert [r[-1] for r in rows[2:]] == ["9.1", "3.3"]
    assert rows[3][1].startswith("'=")
    packed = await screens.http.get("/data/WaterObserved/download/parquet?cols=height")
    table = pq.read_table(io.BytesIO(packed.content))
    assert table.num_rows == 3
    assert table.schema.field("height").metadata[b"unit"] == b"m"
    past = await screens.http.get("/data/WaterObserved/past/csv?start=2026-11-22T00:00:00Z&end=2026-11-23T00:00:00Z")
    assert "9.1" in past.text
    acts = [r.action for r in screens.city.access.trail.records()]
    assert {"data.export", "history.export"} <= set(acts)


async def test_an_operator_takes_no_data_away(screens: Screens) -> None:
    await screens.sign_in("otto", "operator@city")
    await gauges(screens)
    assert "/download/" not in (await screens.http.get("/data/WaterObserved")).text
    assert (await screens.http.get("/data/WaterObserved/download/csv")).status_code == 403


async def test_an_entity_shows_everything(screens: Screens) -> None:
    await screens.sign_in()
    await gauges(screens)
    answer = await screens.http.get("/data/entity?id=urn:ngsi-ld:WaterObserved:pegel-ruhrort")
    text = told(answer.text)
    assert "Water level" in text
    assert "9.10 m" in text
    assert '"type": "WaterObserved"' in text
    assert "<past-chart" in answer.text


async def test_a_chart_takes_curves_and_gives_figures(screens: Screens) -> None:
    await screens.sign_in()
    await gauges(screens)
    one = "urn:ngsi-ld:WaterObserved:pegel-ruhrort"
    answer = await screens.http.get(f"/data/chart?add={one}&quantity=height&type=WaterObserved")
    assert answer.status_code == 303
    page = await screens.http.get(answer.headers["location"])
    assert "Pegel Ruhrort: Water level" in html.unescape(page.text)
    attr = screens.city.model.terms["height"]
    span = "start=2026-11-22T00:00:00Z&end=2026-11-23T00:00:00Z"
    figures = await screens.http.get(f"/web/figures?id={one}&attr={attr}&method=max&step=PT1H&{span}")
    assert figures.json()["value"] == [9.1]
    assert (await screens.http.get("/data/chart?add=urn:none&quantity=height")).status_code == 404
    assert (
        await screens.http.get(f"/web/figures?id={one}&attr={attr}&method=DROP&step=PT1H&{span}")
    ).status_code == 400


async def test_a_pack_is_switched_off_and_on_and_nothing_is_lost(screens: Screens) -> None:
    await screens.sign_in()
    await gauges(screens)
    assert "3 things leave maps" in told((await screens.http.get("/packs/environment")).text)
    await screens.post("/packs/environment/switch", form="/packs", on="0", back="list")
    assert "Water gauges" not in told((await screens.http.get("/data")).text)
    assert "Water gauge" not in (await screens.http.get("/rules/new")).text
    await screens.post("/packs/environment/switch", form="/packs", on="1", back="list")
    assert "Pegel Ruhrort" in (await screens.http.get("/data/WaterObserved")).text
    assert [r.action for r in screens.city.access.trail.records(action="pack.")] == ["pack.switch", "pack.switch"]


MESSAGE = b'{"ts": "2026-11-22T10:00:00Z", "pegel_cm": 512, "site": {"id": 7}}'


async def test_quarantine_is_mended_with_the_message_at_hand(screens: Screens) -> None:
    await screens.sign_in()
    screens.city.connect.registry.add("city", Device(id="gauge-7", name="Gauge 7", entity_type="WaterObserved"))
    raw = RawMessage(MQTT, 1, "city/gauge-7/up", MESSAGE, 1_000_000, {})
    screens.city.connect.quarantine.put("city", [(raw, "gauge-7", Unreadable("no attribute", reason="not known"))])
    item = screens.city.connect.quarantine.list("city").items[0].id
    page = await screens.http.get(f"/quality/quarantine/{item}")
    editor = f"/devices/gauge-7/mapping?message={item}"
    assert editor in html.unescape(page.text)
    shown = html.unescape((await screens.http.get(editor)).text)
    assert "$.pegel_cm" in shown
    typed = {
        "mapping_id": "gauge-7",
        "time_path": "$.ts",
        "time_form": "iso",
        "name.0": "height",
        "path.0": "$.pegel_cm",
        "unit_in.0": "cm",
        "message": MESSAGE.decode(),
        "message_id": str(item),
    }
    looked = told((await screens.post("/devices/gauge-7/mapping/try", form=editor, **typed)).text)
    assert "5.12 MTR · 2026-11-22T10:00:00" in looked
    wrong = await screens.post("/devices/gauge-7/mapping", form=editor, **(typed | {"path.0": "$.nothing"}))
    assert wrong.status_code == 400
    done = await screens.post("/devices/gauge-7/mapping", form=editor, act="replay", **typed)
    assert done.headers["location"] == "/quality?read=1&still=0#quarantine"
    assert screens.city.connect.documents.get("city", "mapping", "gauge-7", Mapping).attributes[0].unit_in == "cm"
    assert "5.12" in told((await screens.http.get("/data/WaterObserved")).text)


async def test_a_codec_is_tried_in_its_sandbox_and_kept(screens: Screens) -> None:
    await screens.sign_in()
    screens.city.connect.registry.add(
        "city", Device(id="00000000000000a1", kind="lorawan", entity_type="WeatherObserved")
    )
    page = "/devices/00000000000000a1/codec"
    source = "function decodeUplink(input) { return { data: { temperature: input.bytes[0] / 10 } }; }"
    text = told((await screens.post(page, form=page, act="try", source=source, payload="D7", port="2")).text)
    assert '"temperature": 21.5' in text
    assert "hexadecimal" in told((await screens.post(page, form=page, act="try", source=source, payload="xyz")).text)
    broken = await screens.post(page, form=page, act="try", source="while(true){}", payload="00")
    assert broken.status_code == 400
    await screens.post(page, form=page, act="save", source=source)
    assert screens.city.connect.registry.get("city", "00000000000000a1").codec == "own-00000000000000a1"


def test_a_mapping_keeps_what_the_rows_do_not_show() -> None:
    document = {
        "id": "m", "each": "$.r", "time": {"path": "$.t", "form": "s", "pattern": "x"},
        "attributes": [{"name": "a", "path": "$.a", "words": {"0": "off"}, "scale": 0.1}, {"name": "b", "const": 3}],
    }  # fmt: skip
    form = form_of(document)
    typed = {"mapping_id": "m", "each": "$.r", "time_path": "$.t", "time_form": "s", "base": form.base}
    for at, row in enumerate(form.rows):
        typed |= {f"{n}.{at}": getattr(row, n) for n in ("name", "path", "unit_in", "scale", "more")}
    assert read(typed)[1] == document
    assert read(typed | {"more.0": "{nonsense"})[2] == "{nonsense"


def test_a_mapping_is_proposed_from_a_message() -> None:
    made = proposed("m", MESSAGE, {"height": "height"})
    assert made["time"] == {"path": "$.ts"}
    assert {"name": "pegel_cm", "path": "$.pegel_cm"} in made["attributes"]


def test_a_search_finds_its_text_and_nothing_more() -> None:
    assert escaped('a.b"c\\') == "a[.]bc"


async def test_a_tenant_comes_and_goes_with_its_rooms(screens: Screens) -> None:
    await screens.sign_in()
    page = "/administration/tenants"
    await screens.post(page, form=page, name="port", title="Duisport")
    await screens.tell(thing(screens.city.model, "WaterObserved", "Kai 7", 6.73, 51.45, height=4.0), tenant="port")
    await screens.city.histories.open("port").drain()
    await screens.post(f"{page}/port/agencies", form=page, agency="fire", agency_title="Fire service")
    assert "Fire service" in told((await screens.http.get(page)).text)
    refused = await screens.post(f"{page}/port/remove", form=page, again="prt")
    assert refused.status_code == 400
    assert "port" in screens.city.presents.names()
    assert (await screens.post(f"{page}/city/remove", form=page, again="city")).status_code == 409
    gone = await screens.post(f"{page}/port/remove", form=page, again="port")
    assert gone.status_code == 303, told(gone.text)
    assert "port" not in screens.city.presents.names()
    aside = list((screens.city.settings.data / "removed").iterdir())
    assert [(f.name.startswith("port-"), (f / "context.db").exists()) for f in aside] == [(True, True)]
    again = await screens.post(page, form=page, name="port", title="Duisport")
    assert again.status_code == 303
    assert "0 things" in told((await screens.http.get(page)).text)


async def test_roles_are_given_and_taken(screens: Screens) -> None:
    await screens.sign_in()
    screens.city.access.people.add(system("test"), "otto", title="Otto Klein")
    page = "/administration/people/otto"
    await screens.post(f"{page}/roles", form=page, role="operator", tenant="city")
    assert str(screens.city.access.people.get("otto").grants[0]) == "operator@city"
    await screens.post(f"{page}/roles", form=page, take="operator@city")
    assert not screens.city.access.people.get("otto").grants
    assert "Otto" in told((await screens.http.get("/administration?q=otto")).text)


async def test_who_administers_one_tenant_reads_that_ones_audit(screens: Screens) -> None:
    screens.city.access.tenants.add(system("test"), "port", "Port")
    await screens.sign_in("piet", "administrator@port")
    text = told((await screens.http.get("/administration/audit")).text)
    assert "tenant.add" in text
    assert "person.add" not in text
    assert (await screens.http.get("/administration/settings")).status_code == 403
    assert (await screens.http.get("/administration/tenants")).status_code == 403
    assert (await screens.http.get("/administration/people/anna")).status_code == 404


async def test_settings_keep_their_secrets(screens: Screens) -> None:
    await screens.sign_in()
    text = told((await screens.http.get("/administration/settings")).text)
    assert "history_memory_mb" in text
    assert "Memory that DuckDB may use" in text
    exported = await screens.http.get("/administration/audit/export?action=session")
    assert exported.text.startswith("sequence,at,tenant")


async def test_dead_letters_are_sent_again(screens: Screens) -> None:
    import msgspec

    screens.city.access.tenants.add(system("test"), "port", "Port")
    await screens.sign_in()
    letter = {
        "tenant": "city",
        "subscription": "urn:ngsi-ld:Subscription:gone",
        "reason": "410 Gone",
        "failed_at": "2026-11-22T10:00:00Z",
        "headers": [],
        "body": {"id": "urn:x"},
    }
    await screens.city.backbone.publish("dead.city.subscription", msgspec.json.encode(letter))
    await screens.city.backbone.publish("dead.port.subscription", msgspec.json.encode(letter | {"tenant": "port"}))
    text = told((await screens.http.get("/quality")).text)
    assert "410 Gone" in text
    assert "the subscription is gone" in text
    assert len(await screens.city.dead.list("city")) == 1
    sent = await screens.post("/quality/letters/replay", form="/quality")
    assert sent.headers["location"] == "/quality?sent=0&gone=1#letters"
    kept = (await screens.city.dead.list("city"))[0]
    await screens.post("/quality/letters/discard", form="/quality", sequence=str(kept.sequence))
    assert not await screens.city.dead.list("city")
    assert len(await screens.city.dead.list("port")) == 1


async def test_a_table_says_words_in_the_readers_language_and_begins_with_what_people_ask_for(screens: Screens) -> None:
    model = screens.city.model
    park = thing(model, "OffStreetParking", "Tief 1", 6.76, 51.43, availableSpotNumber=12, totalSpotNumber=90)
    assert park.entity is not None
    status = next(a.iri for a in model.attributes(model.terms["OffStreetParking"]) if a.name == "status")
    park.entity["attrs"][status] = [{"type": "Property", "value": "almostFull"}]
    await screens.tell(park)
    page = (await screens.http.get("/data/OffStreetParking", headers={"Accept-Language": "de"})).text
    assert "fast voll" in page and "almostFull" not in page.partition("<tbody>")[2]
    assert "Plätze insgesamt" in page.partition("<thead>")[2].partition("</thead>")[0]
    assert "Breite" not in page.partition("<thead>")[2].partition("</thead>")[0]
