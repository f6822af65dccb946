"""Two tenants in one city: neither sees the other's things, past, devices or quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from rhinecloud.connect import Quarantine, Tables

from .conftest import LiveCity

ENTITIES = "/ngsi-ld/v1/entities"
GAUGE = "urn:ngsi-ld:WaterObserved:gauge"
NAMES = ("ruhrort", "moers")


def entity(tenant: str, level: float) -> dict[str, Any]:
    height = {"type": "Property", "value": level, "observedAt": "2026-11-22T10:00:00Z"}
    return {"id": f"urn:ngsi-ld:Depot:{tenant}", "type": "Depot", "height": height}


@contextmanager
def quarantine(city: LiveCity) -> Iterator[Quarantine]:
    """The quarantine's file beside the running city."""
    tables = Tables(city.data / "tenants")
    try:
        yield Quarantine(tables)
    finally:
        tables.close()


def there(city: LiveCity, tenant: str) -> bool:
    return city.http.get("/ngsi-ld/v1/types", headers={"NGSILD-Tenant": tenant}).status_code == 200


@pytest.fixture
def two(live_city: LiveCity) -> LiveCity:
    for name in NAMES:
        live_city.command("tenant", "add", name, "--title", name.capitalize())
        live_city.until(partial(there, live_city, name), f"tenant {name}")
    return live_city


def seen(city: LiveCity, tenant: str, path: str, **query: str) -> Any:
    headers = {"NGSILD-Tenant": tenant} if tenant else {}
    answer = city.http.get(path, params=query, headers=headers)
    assert answer.headers.get("ngsild-tenant", "") == tenant
    return answer.json() if answer.status_code == 200 else answer.status_code


def test_each_sees_its_own_things_and_past_alone(two: LiveCity) -> None:
    for level, name in enumerate(NAMES):
        answer = two.http.post(ENTITIES, json=entity(name, level), headers={"NGSILD-Tenant": name})
        assert answer.status_code == 201
    for level, name in enumerate(NAMES):
        other = NAMES[1 - level]
        assert [e["id"] for e in seen(two, name, ENTITIES, type="Depot")] == [f"urn:ngsi-ld:Depot:{name}"]
        assert seen(two, name, f"{ENTITIES}/urn:ngsi-ld:Depot:{other}") == 404
        past = f"/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Depot:{name}"
        own = seen(two, name, past, options="temporalValues")["height"]["values"]
        assert own == [[level, "2026-11-22T10:00:00Z"]]
        assert seen(two, name, f"/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Depot:{other}") == 404
    assert seen(two, "", ENTITIES, type="Depot") == []
    assert (
        two.http.delete(f"{ENTITIES}/urn:ngsi-ld:Depot:moers", headers={"NGSILD-Tenant": "ruhrort"}).status_code == 404
    )
    assert seen(two, "moers", f"{ENTITIES}/urn:ngsi-ld:Depot:moers")["height"]["value"] == 1


def test_devices_and_quarantine_are_apart_though_they_have_one_name(two: LiveCity) -> None:
    secrets = {
        name: two.command("device", "add", "gauge", "--type", "WaterObserved", "--tenant", name) for name in NAMES
    }
    assert two.command("device", "list") == ""
    for level, name in enumerate(NAMES):
        two.publish(f"{name}/gauge", secrets[name], f"{name}/gauge/up", b'{"height": %d.5}' % level)
    for level, name in enumerate(NAMES):
        found = two.until(partial(_value, two, name), f"the gauge of {name}")
        assert found == level + 0.5
    assert seen(two, "", f"{ENTITIES}/{GAUGE}") == 404

    two.publish("moers/gauge", secrets["moers"], "moers/gauge/up", b"\xff no payload")
    with quarantine(two) as held:
        two.until(lambda: held.summary("moers").messages == 1, "the message in quarantine")
        assert held.summary("ruhrort").messages == 0
        assert held.summary("city").messages == 0

    # One's secret opens nothing of the other.
    answer = two.http.post("/push/gauge", json={"height": 9}, headers={"Authorization": f"Bearer {secrets['moers']}"})
    assert answer.status_code == 401
    with pytest.raises(Exception, match="returned non-zero"):
        two.publish("ruhrort/gauge", secrets["moers"], "ruhrort/gauge/up", b'{"height": 9}')
    assert _value(two, "ruhrort") == 0.5


def _value(city: LiveCity, tenant: str) -> Any:
    found = seen(city, tenant, f"{ENTITIES}/{GAUGE}")
    return found["height"]["value"] if isinstance(found, dict) else None


def test_a_token_of_one_tenant_opens_no_other(two: LiveCity) -> None:
    for level, name in enumerate(NAMES):
        two.http.post(ENTITIES, json=entity(name, level), headers={"NGSILD-Tenant": name}).raise_for_status()
    token = two.command("token", "new", "moers-only", "--scope", "entities.*", "--tenant", "moers")
    headers = {"Authorization": f"Bearer {token}"}
    own = two.http.get(ENTITIES, params={"type": "Depot"}, headers=headers | {"NGSILD-Tenant": "moers"})
    assert len(own.json()) == 1
    other = two.http.get(ENTITIES, params={"type": "Depot"}, headers=headers | {"NGSILD-Tenant": "ruhrort"})
    assert other.status_code in (200, 403)
    assert "Depot:ruhrort" not in other.text
    write = two.http.post(ENTITIES, json=entity("x", 1), headers=headers | {"NGSILD-Tenant": "ruhrort"})
    assert write.status_code == 403


def test_an_unknown_tenant_is_404_with_the_reason(live_city: LiveCity) -> None:
    for path in (ENTITIES, "/web/things"):
        answer = live_city.http.get(path, params={"type": "Depot"}, headers={"NGSILD-Tenant": "nowhere"})
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("NonexistentTenant")
        assert "nowhere" in answer.json()["detail"]
