"""Quarantine: each message once, findable, bounded, and replayed when the cause is mended."""

from __future__ import annotations

import msgspec
import pytest

from rhinecloud.backbone import RawMessage
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unreadable
from rhinecloud.base.model import Outcome, Result, Update
from rhinecloud.connect import Connect, Device, Quarantine, Tables


def bad(reason: str = "bad time", detail: str = "why") -> Unreadable:
    return Unreadable(detail, reason=reason)


class Present:
    """Takes what is written; refuses entities whose id ends in "refused"."""

    def __init__(self) -> None:
        self.written: list[Update] = []

    async def write(self, updates: list[Update]) -> list[Result]:
        self.written += updates
        refused = Result(Outcome.REFUSED, error=BadRequestData("No"))
        return [refused if u.id.endswith("refused") else Result(Outcome.CREATED) for u in updates]


def test_a_message_lies_there_once(connect: Connect, send) -> None:
    message = send(b"{")
    assert connect.quarantine.put("city", [(message, "gauge", bad())]) == 1
    assert connect.quarantine.put("city", [(message, "gauge", bad())]) == 0
    assert connect.quarantine.summary("city").messages == 1
    assert connect.quarantine.summary("port").messages == 0


def test_messages_that_lie_nowhere_are_told_by_their_content(connect: Connect) -> None:
    first = RawMessage("", 0, "city/g/up", b"{", 1_000_000)
    second = RawMessage("", 0, "city/g/up", b"[", 1_000_000)
    assert connect.quarantine.put("city", [(first, "g", bad()), (second, "g", bad()), (first, "g", bad())]) == 2


def test_bytes_and_reason_are_kept(connect: Connect, send) -> None:
    connect.quarantine.put("city", [(send(b"\x00\xff{"), "gauge", bad("not JSON", "begins with nothing"))])
    (item,) = connect.quarantine.list("city").items
    assert (item.reason, item.detail, item.device, item.size, item.data) == (
        "not JSON",
        "begins with nothing",
        "gauge",
        3,
        b"",
    )
    assert connect.quarantine.get("city", item.id).data == b"\x00\xff{"
    with pytest.raises(ResourceNotFound, match="Message 999 is not in the quarantine of tenant city"):
        connect.quarantine.get("city", 999)


def test_lists_filter_search_and_page(connect: Connect, send) -> None:
    rows = [
        (send(b"x", f"city/g{n % 3}/up"), f"g{n % 3}", bad("a" if n % 2 else "b", f"100% of {n}")) for n in range(12)
    ]
    connect.quarantine.put("city", rows)
    listing = connect.quarantine.list("city", reason="a", device="g1", limit=1)
    assert (listing.total, len(listing.items)) == (2, 1)
    assert connect.quarantine.list("city", search="g2/up 100%").total == 4
    assert connect.quarantine.list("city", search="100_").total == 0
    summary = connect.quarantine.summary("city")
    assert summary.reasons == {"a": 6, "b": 6}
    assert summary.devices == {"g0": 4, "g1": 4, "g2": 4}


def test_the_oldest_goes_when_it_is_full_and_that_is_said(tenants, send, held_clock) -> None:
    tables = Tables(tenants)
    quarantine = Quarantine(tables, clock=held_clock, max_rows=10)
    for _ in range(15):
        quarantine.put("city", [(send(b"x" * 10), "g", bad())])
    summary = quarantine.summary("city")
    assert summary.messages <= 10
    assert summary.messages + summary.evicted == 15
    assert quarantine.list("city", newest_first=False).items[0].sequence == summary.evicted + 1
    small = Quarantine(tables, clock=held_clock, max_bytes=50)
    small.put("city", [(send(b"x" * 10), "g", bad())])
    assert small.summary("city").bytes <= 50
    tables.close()


def test_discarding_names_what_goes(connect: Connect, send) -> None:
    connect.quarantine.put("city", [(send(b"x"), "g", bad("a")) for _ in range(4)] + [(send(b"x"), "h", bad("b"))])
    first = connect.quarantine.list("city").items[0]
    assert connect.quarantine.discard("city") == 0
    assert connect.quarantine.discard("city", ids=[first.id, 999]) == 1
    assert connect.quarantine.discard("city", reason="a") == 4
    assert connect.quarantine.summary("city").messages == 0


async def test_what_can_be_read_now_goes_in_and_the_rest_stays_with_its_new_reason(connect: Connect, send) -> None:
    messages = [send({"waterLevel": n}) for n in range(3)] + [send({"waterLevel": 1, "ts": "never"}), send(b"{")]
    decoded = await connect.decoder.decode_many([("city", m) for m in messages])
    assert {d.error.reason for d in decoded if d.error} == {"unknown device"}
    await connect.quarantine.keep(
        "city", [(m, d.device, d.error) for m, d in zip(messages, decoded, strict=True) if d.error]
    )
    connect.registry.add("city", Device(id="gauge", entity_type="WaterObserved"))
    present = Present()
    replayed = await connect.quarantine.replay("city", connect.decoder.decode_many, present.write)
    assert replayed == (3, 3, 2)
    assert [u.raw for u in present.written] == ["$MQTT_msgs/1", "$MQTT_msgs/2", "$MQTT_msgs/3"]
    assert connect.quarantine.summary("city").reasons == {"bad time": 1, "not JSON": 1}
    (item,) = connect.quarantine.list("city", reason="bad time").items
    assert (item.attempts, item.device) == (2, "gauge")


async def test_what_the_present_refuses_stays(connect: Connect, gauge: Device, send) -> None:
    message = send({"id": "urn:x:refused", "type": "WaterObserved", "waterLevel": 1})
    connect.quarantine.put("city", [(message, "gauge", bad())])
    replayed = await connect.quarantine.replay("city", connect.decoder.decode_many, Present().write, reason="bad time")
    assert replayed.still == 1
    assert connect.quarantine.list("city").items[0].reason == "refused"


async def test_a_rejected_record_of_a_file_is_replayed_by_its_bytes(connect: Connect) -> None:
    record = {"id": "urn:x:1", "type": "WaterObserved", "waterLevel": 1}
    message = RawMessage(
        "file:levels.csv", 7, "file/city/levels.csv", msgspec.json.encode(record), 1_795_341_600_000_000
    )
    connect.quarantine.put("city", [(message, "levels.csv", bad())])
    present = Present()
    assert (await connect.quarantine.replay("city", connect.decoder.decode_many, present.write)).read == 1
    assert present.written[0].id == "urn:x:1"
