"""Devices: who may sign in, what another process changes, what is heard."""

from __future__ import annotations

import pytest

from rhinecloud.base.errors import AlreadyExists, BadRequestData, NonexistentTenant, ResourceNotFound
from rhinecloud.connect import Connect, Device, Registry, Tables, mqtt_filters


def test_a_device_signs_in_with_its_secret_alone(connect: Connect) -> None:
    secret = connect.registry.add("city", Device(id="gauge", entity_type="WaterObserved"))
    assert len(secret) == 40
    for name in ("city/gauge", "gauge"):
        found = connect.registry.authenticate(name, secret)
        assert found is not None
        assert (found[0], found[1].id) == ("city", "gauge")
    for name, guess in (
        ("gauge", secret[:-1] + "x"),
        ("gauge", ""),
        ("port/gauge", secret),
        ("other", secret),
        ("a/b/c", secret),
    ):
        assert connect.registry.authenticate(name, guess) is None


def test_a_rotated_secret_stays_good_for_its_grace_time(connect: Connect, held_clock) -> None:
    old = connect.registry.add("city", Device(id="gauge"))
    new = connect.registry.rotate("city", "gauge", grace_s=60)
    assert connect.registry.authenticate("gauge", old)
    assert connect.registry.authenticate("gauge", new)
    held_clock.tick(61)
    assert connect.registry.authenticate("gauge", old) is None
    assert connect.registry.authenticate("gauge", new)


def test_a_revoked_device_cannot_sign_in_until_restored(connect: Connect) -> None:
    secret = connect.registry.add("city", Device(id="gauge"))
    connect.registry.revoke("city", "gauge")
    assert connect.registry.authenticate("gauge", secret) is None
    connect.registry.restore("city", "gauge")
    assert connect.registry.authenticate("gauge", secret)


def test_what_another_process_changes_holds_at_once(connect: Connect, model, tenants, held_clock) -> None:
    secret = connect.registry.add("city", Device(id="gauge"))
    assert connect.registry.authenticate("gauge", secret)
    other_tables = Tables(tenants)
    other = Registry(other_tables, model=model, clock=held_clock)
    added = other.add("city", Device(id="second"))
    other.revoke("city", "gauge")
    assert connect.registry.authenticate("gauge", secret) is None
    assert connect.registry.authenticate("second", added)
    other_tables.close()


def test_devices_of_one_tenant_are_unknown_to_the_other(connect: Connect) -> None:
    connect.registry.add("city", Device(id="gauge"))
    assert connect.registry.find("port", "gauge") is None
    assert connect.registry.list("port").devices == []
    with pytest.raises(ResourceNotFound, match="gauge does not exist in tenant port"):
        connect.registry.get("port", "gauge")
    with pytest.raises(NonexistentTenant):
        connect.registry.list("nowhere")
    assert connect.registry.find("nowhere", "gauge") is None


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (Device(id="a b"), "letters, digits"),
        (Device(id="a.b"), "letters, digits"),
        (Device(id="x", entity_id="no uri"), "is not a URI"),
        (Device(id="x", entity_type="no type!"), "neither a name"),
        (Device(id="x", interval_s=0), "not between 0 and a year"),
        (Device(id="x", kind="lorawan"), "16 hex digits"),
        (Device(id="x", topics=("#",)), "would reach other devices"),
        (Device(id="x", topics=("a/b#",)), "is not a topic filter"),
        (Device(id="x", topics=("$SYS/#",)), "would reach other devices"),
        (Device(id="x", topics=("port/#",)), "begins with a tenant's name"),
        (Device(id="x", location={"type": "Point", "coordinates": [51, 206]}), "longitude"),
    ],
)
def test_a_device_that_cannot_be_is_refused_with_the_reason(connect: Connect, device: Device, said: str) -> None:
    with pytest.raises(BadRequestData, match=said):
        connect.registry.add("city", device)


def test_ids_euis_and_topics_are_taken_once(connect: Connect) -> None:
    registry = connect.registry
    registry.add("city", Device(id="ns", kind="network", topics=("application/#",)))
    registry.add("city", Device(id="0102030405060708", kind="lorawan"))
    with pytest.raises(AlreadyExists, match="ns exists already"):
        registry.add("city", Device(id="ns"))
    with pytest.raises(AlreadyExists, match="belongs to device 0102030405060708"):
        registry.add("city", Device(id="lamp", kind="lorawan", dev_eui="0102030405060708"))
    with pytest.raises(AlreadyExists, match="overlaps with application/# of another device of this installation"):
        registry.add("port", Device(id="ns", kind="network", topics=("application/+/event/up",)))
    with pytest.raises(AlreadyExists, match="of device ns"):
        registry.add("city", Device(id="ns2", kind="network", topics=("application/1/#",)))


def test_topics_lead_to_their_device(connect: Connect) -> None:
    connect.registry.add("city", Device(id="gauge"))
    connect.registry.add("port", Device(id="ns", kind="network", topics=("application/+/device/#",)))
    assert connect.registry.route("city/gauge/up") == ("city", "gauge")
    assert connect.registry.route("application/1/device/x/event/up") == ("port", "ns")
    for topic in ("city/other/up", "application/1", "nowhere/gauge/up", "gauge", ""):
        assert connect.registry.route(topic) is None


def test_a_device_is_confined_to_its_own_topics() -> None:
    assert mqtt_filters("city", Device(id="gauge")) == (
        ("city/gauge/#",),
        ("city/gauge/command", "city/gauge/command/#"),
    )
    publish, subscribe = mqtt_filters("city", Device(id="ns", kind="network", topics=("application/#",)))
    assert "application/#" in publish
    assert "application/#" in subscribe


def test_what_is_heard_is_written_in_batches_and_read_again(connect: Connect, model, tenants, held_clock) -> None:
    connect.registry.add("city", Device(id="gauge"))
    device = connect.registry.get("city", "gauge")
    for _ in range(10):
        connect.registry.heard("city", device, held_clock.tick(), battery_pct=81.5, rssi_dbm=-97)
    assert connect.registry.flush() == 1
    assert connect.registry.flush() == 0
    tables = Tables(tenants)
    again = Registry(tables, model=model).get("city", "gauge")
    assert (again.messages, again.battery_pct, again.rssi_dbm) == (10, 81.5, -97)
    assert again.last_seen_us == held_clock.us
    tables.close()


def test_silent_is_no_message_for_three_intervals(connect: Connect, held_clock) -> None:
    connect.registry.add("city", Device(id="typed", entity_type="WaterObserved"))  # its type says 900 s
    connect.registry.add("city", Device(id="own", interval_s=10))
    connect.registry.add("city", Device(id="free"))
    held_clock.tick(31)
    assert [d.id for d in connect.registry.list("city", silent=True).devices] == ["own"]
    held_clock.tick(2700)
    assert [d.id for d in connect.registry.list("city", silent=True).devices] == ["own", "typed"]
    connect.registry.heard("city", connect.registry.get("city", "own"), held_clock.us)
    assert [d.id for d in connect.registry.list("city", silent=True).devices] == ["typed"]


def test_lists_search_sort_and_page(connect: Connect) -> None:
    for number in range(30):
        connect.registry.add(
            "city", Device(id=f"g{number:02}", name=f"Pegel {number}", kind="http" if number % 2 else "mqtt")
        )
    page = connect.registry.list("city", search="pegel", sort="id", descending=True, offset=5, limit=3)
    assert ([d.id for d in page.devices], page.total) == (["g24", "g23", "g22"], 30)
    assert connect.registry.list("city", kind="http").total == 15
    assert connect.registry.list("city", search="pegel 29").total == 1
    with pytest.raises(BadRequestData, match="do not sort by 'secret'"):
        connect.registry.list("city", sort="secret")


def test_changes_are_checked_and_kept(connect: Connect, model, tenants) -> None:
    connect.registry.add("city", Device(id="gauge"))
    changed = connect.registry.change("city", "gauge", name="Pegel Ruhrort", interval_s=60, topics=["extra/#"])
    assert (changed.name, changed.interval_s, changed.topics) == ("Pegel Ruhrort", 60, ("extra/#",))
    with pytest.raises(BadRequestData, match="has no secret to change"):
        connect.registry.change("city", "gauge", secret="x")
    with pytest.raises(BadRequestData, match="cannot be changed so"):
        connect.registry.change("city", "gauge", interval_s="often")
    tables = Tables(tenants)
    assert Registry(tables, model=model).get("city", "gauge").name == "Pegel Ruhrort"
    tables.close()
    connect.registry.remove("city", "gauge")
    assert connect.registry.find("city", "gauge") is None
