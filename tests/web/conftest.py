"""The whole city in this process, its screens asked as a browser asks: cookies, forms, tokens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from rhinecloud.access import parse_grant, system
from rhinecloud.app import City
from rhinecloud.base.declare import Model
from rhinecloud.base.model import Op, Update
from rhinecloud.base.settings import Settings
from rhinecloud.kit import packs

NAME = "https://smartdatamodels.org/name"
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
PASSWORD = "gelbe Boje am Strom"


def thing(
    model: Any, kind: str, name: str, lon: float, lat: float, at: str = "2026-11-22T09:00:00Z", **values: float
) -> Update:
    """A thing as a device tells of it."""
    iri = model.terms[kind]
    attributes = {a.name: a for a in model.attributes(iri)}
    attrs: dict[str, Any] = {
        NAME: [{"type": "Property", "value": name}],
        LOCATION: [{"type": "GeoProperty", "value": {"type": "Point", "coordinates": [lon, lat]}}],
    }
    for attribute, value in values.items():
        attrs[attributes[attribute].iri] = [{"type": "Property", "value": value, "observedAt": at}]
    entity_id = f"urn:ngsi-ld:{kind}:{name.lower().replace(' ', '-')}"
    return Update(op=Op.OBSERVE, id=entity_id, entity={"type": [iri], "attrs": attrs}, source="device:test")


@dataclass
class Screens:
    """A running city, and one browser's view of it."""

    city: City
    app: Any
    http: httpx.AsyncClient

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Another browser."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://localhost",
            headers={"Accept-Language": "en", **headers},
        )

    async def tell(self, *updates: Update, tenant: str = "city") -> None:
        await self.city.presents.open(tenant).write(list(updates))

    async def post(self, path: str, form: str = "", **data: str) -> httpx.Response:
        """Sends a form, with the token of the page it stands on (`form`, else the sign-in page)."""
        page = await self.http.get(form or "/sign-in")
        if page.status_code == 303:
            page = await self.http.get("/account")
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert token, page.text[:500]
        return await self.http.post(path, data={"_csrf_token": token[1], **data})

    async def sign_in(self, name: str = "anna", *roles: str) -> None:
        by = system("test")
        self.city.access.people.add(
            by, name, title="Anna Berger", grants=[parse_grant(r) for r in roles or ("administrator",)]
        )
        self.city.access.sign_in.set_password(by, name, PASSWORD)
        answer = await self.post("/sign-in", name=name, password=PASSWORD)
        assert answer.status_code == 303, answer.text


@pytest.fixture
async def screens(tmp_path: Path) -> AsyncIterator[Screens]:
    async with AsyncExitStack() as stack:
        city = City(Settings(data=tmp_path / "data", port=0, mqtt_port=0, demo=False))
        city.url = "http://localhost"
        await city.start(stack)
        app = city.doors()
        made = Screens(city, app, httpx.AsyncClient())
        await made.http.aclose()
        made.http = await stack.enter_async_context(made.browser())
        yield made


@pytest.fixture(scope="session")
def city_model() -> Model:
    """What the packs declare."""
    return Model(kind for pack in packs() for kind in pack.types)
