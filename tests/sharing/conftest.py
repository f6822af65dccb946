"""The NGSI-LD door over a real present in a temporary folder, asked in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.errors import Forbidden, Unauthorized
from rhinecloud.base.settings import Settings
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.sharing import NgsiLd

ROOT = "/ngsi-ld/v1"
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
PARKING = "https://smartdatamodels.org/dataModel.Parking/"


class Who(msgspec.Struct, frozen=True):
    id: str
    tenant: str = ""

    @property
    def source(self) -> str:
        return f"token:{self.id}"


class Gate:
    """Stands in for the room `access`: "all" may do everything, "reader" may read, anonymous sees open types.

    The token "port" may do everything in the tenant of that name.
    """

    def __init__(self) -> None:
        self.everyone = True
        self.open_types: frozenset[str] = frozenset()

    def bearer(self, token: str) -> Who:
        if token not in ("all", "reader", "port"):
            raise Unauthorized("The token is not known")
        return Who(token, tenant="port" if token == "port" else "")

    def anonymous(self) -> Who:
        return Who("all" if self.everyone else "anonymous")

    def allow(self, principal: Who, action: str, tenant: str) -> None:
        if principal.id == "anonymous":
            raise Unauthorized("Sign in")
        if principal.id == "reader" and not action.endswith(".read"):
            raise Forbidden(f"A reader may not {action}")

    def readable_types(self, principal: Who, tenant: str) -> frozenset[str] | None:
        return self.open_types if principal.id == "anonymous" else None


class City:
    """A client of the door and what stands behind it."""

    def __init__(self, client: httpx.AsyncClient, app: NgsiLd, gate: Gate, presents: Presents) -> None:
        self.client, self.app, self.gate, self.presents = client, app, gate, presents

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One request; a body is sent as application/json unless the headers say otherwise."""
        headers = dict(more.pop("headers", {}))
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else msgspec.json.encode(body)
            headers.setdefault("content-type", "application/json")
        return await self.client.request(method, ROOT + path, content=content, headers=headers, **more)

    async def give(self, *entities: dict[str, Any]) -> None:
        """Creates entities."""
        answer = await self.ask("POST", "/entityOperations/create", list(entities))
        assert answer.status_code == 201, answer.text


def label(text: str) -> Label:
    return Label(de=text, en=text)


MODEL = Model(
    [
        EntityType(
            name="OffStreetParking",
            label=label("Car park"),
            plural=label("Car parks"),
            subject="dataModel.Parking",
            icon="car",
            attributes=(Attribute(name="availableSpotNumber", label=label("Free"), queryable=True),),
            open=True,
        )
    ]
)


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    presents = Presents(tmp_path, model=MODEL)
    await presents.start()
    presents.create("city")
    gate = Gate()
    settings = Settings(open=True, port=8080, max_body_bytes=1_000_000)
    app = NgsiLd(presents, None, gate, Vocabularies(MODEL, allow_private=True), settings)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
        yield City(client, app, gate, presents)
    await presents.stop()
