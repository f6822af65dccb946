"""What packs publish is read by everyone who may read its types, and comes and goes with its pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.access import system
from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.model import Op, Update
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.kit import Endpoint, Pack, Parameter, Publication, Switchboard
from rhinecloud.sharing import Publications, described

BOTH = Label(de="x", en="x")
HIVE = EntityType(
    name="Hive",
    label=BOTH,
    plural=BOTH,
    subject="",
    icon="x",
    attributes=(Attribute(name="weight", label=BOTH, unit="KGM"),),
    open=True,
)
MODEL = Model([HIVE])


def _render(entities: Iterable[Mapping[str, Any]]) -> bytes:
    return msgspec.json.encode({entity["id"]: entity["weight"] for entity in entities})


def _broken(entities: Iterable[Mapping[str, Any]]) -> bytes:
    raise RuntimeError("a pack's own mistake")


def _publication(name: str, render: Any = _render) -> Publication:
    return Publication(
        id=f"bees.{name}",
        label=BOTH,
        media_type="application/vnd.bees+json",
        path=f"bees/{name}.json",
        types=("Hive",),
        render=render,
        licence="CC0-1.0",
    )


def _heavier(entities: Sequence[Mapping[str, Any]], given: Mapping[str, Any], now_us: int) -> Any:
    if given["than"] == 13:
        raise ValueError("Thirteen brings bad luck")
    if given["than"] == 0:
        raise RuntimeError("a pack's own mistake")
    heavier = [e["id"] for e in entities if e["weight"]["value"] > given["than"]]
    return {"heavier": heavier[: given.get("limit")], "now": now_us > 0}


HEAVIER = Endpoint(
    id="bees.heavier",
    label=BOTH,
    path="bees/heavier",
    types=("Hive",),
    parameters=(
        Parameter(name="than", label=BOTH, required=True, minimum=0, maximum=100),
        Parameter(name="limit", label=BOTH, kind="integer"),
        Parameter(name="asleep", label=BOTH, kind="boolean"),
    ),
    answer=_heavier,
)
BEES = Pack(
    id="bees",
    title=BOTH,
    text=BOTH,
    types=(HIVE,),
    publications=(_publication("hives"), _publication("broken", _broken)),
    endpoints=(HEAVIER,),
)


class Everybody:
    """Who may read what, as a test wants it."""

    readable: frozenset[str] | None = frozenset([HIVE.iri])

    def bearer(self, token: str) -> Any:
        return system(token)

    def anonymous(self) -> Any:
        return msgspec.structs.replace(system("nobody"), kind="anonymous")

    def readable_types(self, principal: Any, tenant: str) -> frozenset[str] | None:
        return self.readable if principal.kind == "anonymous" else None


class Door:
    def __init__(self, presents: Presents, board: Switchboard) -> None:
        self.presents, self.board, self.access = presents, board, Everybody()
        door = Publications(
            board.on, presents, self.access, Vocabularies(MODEL), MODEL, default_tenant="city", packs=[BEES]
        )
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://city")  # type: ignore[arg-type]

    async def weigh(self, hive: str, weight: float) -> None:
        attrs = {MODEL.terms["weight"]: [{"type": "Property", "value": weight, "observedAt": "2026-11-22T10:00:00Z"}]}
        update = Update(op=Op.OBSERVE, id=hive, entity={"type": [HIVE.iri], "attrs": attrs})  # type: ignore[typeddict-item]
        await self.presents.open("city").write([update])


@pytest.fixture
async def door(tmp_path: Path) -> Any:
    presents = Presents(tmp_path, model=MODEL)
    await presents.start()
    presents.create("city")
    made = Door(presents, Switchboard(tmp_path, [BEES]))
    await made.weigh("urn:ngsi-ld:Hive:1", 31.5)
    yield made
    await made.http.aclose()
    await presents.stop()


async def test_the_list_says_what_there_is_and_on_which_terms(door: Door) -> None:
    listed = (await door.http.get("/publications")).json()
    assert [p["path"] for p in listed] == ["/publications/bees/broken.json", "/publications/bees/hives.json"]
    assert listed[1]["licence"] == "CC0-1.0" and listed[1]["pack"] == "bees"


async def test_a_publication_is_rendered_from_normalized_entities(door: Door) -> None:
    answer = await door.http.get("/publications/bees/hives.json")
    assert answer.headers["content-type"] == "application/vnd.bees+json"
    weight = answer.json()["urn:ngsi-ld:Hive:1"]
    assert {"type": "Property", "value": 31.5, "observedAt": "2026-11-22T10:00:00Z"}.items() <= weight.items()
    assert weight["modifiedAt"]  # what has no time of observation has this one


async def test_who_has_the_document_is_not_sent_it_again(door: Door) -> None:
    first = await door.http.get("/publications/bees/hives.json")
    again = await door.http.get("/publications/bees/hives.json", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content


async def test_what_is_not_open_needs_a_token(door: Door) -> None:
    door.access.readable = frozenset()
    assert (await door.http.get("/publications/bees/hives.json")).status_code == 401
    headers = {"Authorization": "Bearer engineer"}
    assert (await door.http.get("/publications/bees/hives.json", headers=headers)).status_code == 200


async def test_with_its_pack_a_publication_goes_and_comes_back(door: Door) -> None:
    door.board.switch("city", "bees", on=False, who="anna")
    assert (await door.http.get("/publications/bees/hives.json")).status_code == 404
    assert (await door.http.get("/publications")).json() == []
    door.board.switch("city", "bees", on=True, who="anna")
    assert (await door.http.get("/publications/bees/hives.json")).status_code == 200


async def test_a_pack_that_fails_to_render_is_unavailable_and_no_more(door: Door) -> None:
    answer = await door.http.get("/publications/bees/broken.json")
    assert answer.status_code == 503
    assert "bees.broken cannot be made now" in answer.json()["detail"]


async def test_another_tenant_is_another_city(door: Door) -> None:
    assert (await door.http.get("/publications?tenant=atlantis")).status_code == 404
    door.presents.create("other")
    assert (await door.http.get("/publications/bees/hives.json?tenant=other")).json() == {}


async def test_publications_are_only_read(door: Door) -> None:
    assert (await door.http.post("/publications/bees/hives.json")).status_code == 405


async def test_a_question_is_answered_from_the_present(door: Door) -> None:
    answer = await door.http.get("/bees/heavier?than=31&tenant=city")
    assert answer.status_code == 200
    assert answer.json() == {"heavier": ["urn:ngsi-ld:Hive:1"], "now": True}
    assert (await door.http.get("/bees/heavier?than=32&limit=5&asleep=false")).json()["heavier"] == []


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "than is missing"),
        ("than=x", 400, "is a number"),
        ("than=nan", 400, "is from 0 to 100"),
        ("than=101", 400, "is from 0 to 100"),
        ("than=5&limit=1.5", 400, "is a number"),
        ("than=5&asleep=1", 400, "true or false"),
        ("than=5&more=1", 400, "does not exist"),
        ("than=13", 400, "bad luck"),
        ("than=0", 503, "cannot answer now"),
        ("than=5&tenant=nowhere", 404, "nowhere"),
    ],
)
async def test_what_is_asked_wrongly_is_refused_with_the_reason(door: Door, query: str, status: int, said: str) -> None:
    answer = await door.http.get(f"/bees/heavier?{query}")
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


async def test_questions_are_for_those_who_may_read_and_go_with_their_pack(door: Door) -> None:
    door.access.readable = frozenset()
    assert (await door.http.get("/bees/heavier?than=1")).status_code == 401
    assert (await door.http.get("/bees/heavier?than=1", headers={"Authorization": "Bearer x"})).status_code == 200
    assert (await door.http.post("/bees/heavier?than=1")).status_code == 405
    door.board.switch("city", "bees", on=False, who="person:anna")
    assert (await door.http.get("/bees/heavier?than=1", headers={"Authorization": "Bearer x"})).status_code == 404


def test_all_of_it_is_described() -> None:
    paths = described([BEES])
    assert paths.keys() == {
        "/publications",
        "/publications/bees/hives.json",
        "/publications/bees/broken.json",
        "/bees/heavier",
    }
    than = next(p for p in paths["/bees/heavier"]["get"]["parameters"] if p["name"] == "than")
    assert than["required"] and than["schema"] == {"type": "number", "minimum": 0, "maximum": 100}
