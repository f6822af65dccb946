"""/health, /metrics, and the OpenAPI document."""

from __future__ import annotations

import httpx

from rhinecloud.base.errors import Unauthorized
from rhinecloud.sharing import Health, openapi
from rhinecloud.sharing.ngsi_ld.routes import ROUTES
from rhinecloud.sharing.openapi import PARAMETERS


def client(app: Health) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://city")  # type: ignore[arg-type]


async def test_health_is_that_of_all_parts() -> None:
    parts = {"present": lambda: "", "past": lambda: ""}
    async with client(Health(parts, version="1")) as city:
        answer = await city.get("/health")
        assert answer.status_code == 200 and answer.json()["status"] == "well"
        parts["past"] = lambda: "The disk is full"
        answer = await city.get("/health")
        assert answer.status_code == 503 and answer.json()["parts"]["past"] == "The disk is full"
        parts["past"] = lambda: str(1 // 0)
        assert (await city.get("/health")).status_code == 503
        assert (await city.post("/health")).status_code == 405
        assert (await city.get("/else")).status_code == 404


async def test_metrics_are_for_whoever_may() -> None:
    def allow(token: str) -> None:
        if token != "all":
            raise Unauthorized

    async with client(Health({}, allow=allow)) as city:
        assert (await city.get("/metrics")).status_code == 401
        answer = await city.get("/metrics", headers={"authorization": "Bearer all"})
        assert answer.status_code == 200 and "rhinecloud_" in answer.text


def test_every_route_is_described() -> None:
    document = openapi("http://city")
    for route in ROUTES:
        operation = document["paths"]["/ngsi-ld/v1" + route.path][route.method.lower()]
        assert operation["summary"] and operation["operationId"] == route.operation
        assert "Source: ETSI GS CIM 009" in operation["description"], route.operation
    assert {"/push/{device}", "/health", "/metrics"} <= document["paths"].keys()


def test_every_parameter_is_described() -> None:
    assert {name for route in ROUTES for name in route.parameters} <= PARAMETERS.keys()


def test_operation_names_are_unique() -> None:
    names = [route.operation for route in ROUTES]
    assert len(set(names)) == len(names)
