"""A stream taken in batches: in order, again until handled, never twice by number, never skipped by a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from rhinecloud.backbone import MQTT, RAW, Backbone, RawMessage, raw_subject
from rhinecloud.base.errors import PayloadTooLarge, ResourceNotFound, Unavailable
from rhinecloud.base.settings import Settings

from .conftest import Site, eventually


def backbone(data: Path) -> Backbone:
    return Backbone(Settings(data=data, mqtt_port=0), authenticate=lambda *_: None)


async def fill(site: Backbone, messages: range) -> None:
    await asyncio.gather(*(site.publish("raw.city.http.x", b"%d" % n) for n in messages))


async def test_publishing_is_numbered_and_the_same_message_id_is_kept_once(site: Site) -> None:
    subject = raw_subject("city", "http", "gauge.7 b")
    numbers = [await site.backbone.publish(subject, b"1", message_id=i) for i in ("a", "a", "b", "")]
    assert numbers == [1, 1, 2, 3]
    taken = await site.has(3)
    assert {m.subject for m in taken} == {"http/city/gauge.7 b"}
    assert taken[0].headers["Nats-Msg-Id"] == "a"


async def test_many_messages_come_in_few_batches_and_in_order(tmp_path: Path) -> None:
    batches: list[list[RawMessage]] = []

    async def take(messages: list[RawMessage]) -> None:
        batches.append(messages)

    one = backbone(tmp_path)
    one.consume(RAW, take)
    await one.start()
    await fill(one, range(5000))
    await eventually(lambda: sum(map(len, batches)) == 5000)
    assert [m.sequence for batch in batches for m in batch] == list(range(1, 5001))
    assert len(batches) < 200
    await one.stop()


@pytest.mark.parametrize("error", [Unavailable("full"), ValueError("a mistake")])
async def test_a_batch_comes_again_until_it_is_handled(tmp_path: Path, error: Exception) -> None:
    tries: list[list[int]] = []

    async def take(messages: list[RawMessage]) -> None:
        tries.append([m.sequence for m in messages])
        if len(tries) < 3:
            raise error

    one = backbone(tmp_path)
    one.consume(RAW, take)
    await one.start()
    await fill(one, range(3))
    await eventually(lambda: len(tries) >= 3)
    assert tries[0] == tries[1] == tries[2]
    await one.stop()


async def test_what_was_fetched_but_not_handled_comes_again_after_a_restart(tmp_path: Path) -> None:
    stuck, handled = asyncio.Event(), []

    async def never(_: list[RawMessage]) -> None:
        stuck.set()
        await asyncio.sleep(3600)

    async def take(messages: list[RawMessage]) -> None:
        handled.extend(m.sequence for m in messages)

    first = backbone(tmp_path)
    first.consume(RAW, never)
    await first.start()
    await fill(first, range(50))
    await stuck.wait()
    for consumer, _ in first._consumers:  # killed: no batch in hand is finished
        assert consumer._task
        consumer._task.cancel()
    await first.stop()

    second = backbone(tmp_path)
    second.consume(RAW, take)
    await second.start()
    await fill(second, range(10))
    await eventually(lambda: len(handled) >= 60)
    assert handled == list(range(1, 61))
    await second.stop()

    third = backbone(tmp_path)
    third.consume(RAW, take)
    await third.start()
    await asyncio.sleep(0.3)
    assert len(handled) == 60
    await third.stop()


async def test_a_stream_whose_end_was_lost_goes_on_behind_the_highest_mark(tmp_path: Path) -> None:
    handled: list[int] = []

    async def take(messages: list[RawMessage]) -> None:
        handled.extend(m.sequence for m in messages)

    first = backbone(tmp_path)
    first.consume(RAW, take, highest=lambda _: 0)
    await first.start()
    await fill(first, range(5))
    await eventually(lambda: len(handled) == 5)
    await first.stop()

    # The machine was started anew, and a power cut took 6 to 99 of which the present says it has them.
    note = tmp_path / "nats" / "streams.json"
    note.write_bytes(note.read_bytes().replace(b" ", b" another-"))
    second = backbone(tmp_path)
    second.consume(RAW, take, highest=lambda stream: 99 if stream == RAW else 0)
    second.consume(MQTT, take, highest=lambda _: 7)
    await second.start()
    assert await second.publish("raw.city.http.x", b"new") == 100
    await eventually(lambda: handled[-1] == 100)
    assert handled == [1, 2, 3, 4, 5, 100]
    assert msgspec.json.decode(note.read_bytes()).keys() >= {RAW, MQTT}
    await second.stop()

    third = backbone(tmp_path)
    third.consume(RAW, take, highest=lambda _: 1 / 0)  # not asked: same machine start, same stream
    await third.start()
    assert await third.publish("raw.city.http.x", b"new") == 101
    await third.stop()


async def test_subscribers_hear_what_is_published_until_they_end(site: Site) -> None:
    heard: list[tuple[str, bytes]] = []

    async def hear(subject: str, data: bytes) -> None:
        heard.append((subject, data))
        if data == b"bad":
            raise ValueError("a subscriber's mistake stays its own")

    stop = await site.backbone.subscribe("changes.*", hear)
    for data in (b"bad", b"good"):
        await site.backbone.publish("changes.city", data, message_id=data.decode())
    await eventually(lambda: len(heard) == 2)
    await stop()
    await site.backbone.publish("changes.city", b"late")
    await asyncio.sleep(0.1)
    assert heard == [("changes.city", b"bad"), ("changes.city", b"good")]


async def test_a_subject_without_a_stream_is_unavailable(site: Site) -> None:
    with pytest.raises(Unavailable):
        await site.backbone.publish("nowhere.at.all", b"1")


async def test_a_message_over_the_limit_is_too_large(site: Site) -> None:
    with pytest.raises(PayloadTooLarge):
        await site.backbone.publish("raw.city.http.x", b"x" * 9 * 1024**2)


async def test_what_was_handled_is_kept_up_to_a_size_and_what_was_not_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rhinecloud.backbone.consumer.TRIM_S", 0)
    handled: list[int] = []

    async def take(messages: list[RawMessage]) -> None:
        handled.extend(m.sequence for m in messages)

    settings = Settings(data=tmp_path, mqtt_port=0, nats_keep_bytes=100_000)
    one = Backbone(settings, authenticate=lambda *_: None)
    one.consume(RAW, take)
    await one.start()
    for _ in range(5):
        await asyncio.gather(*(one.publish("raw.city.http.x", b"x" * 1000) for _ in range(100)))
        await asyncio.sleep(0.1)
    await eventually(lambda: len(handled) == 500)
    state = (await one._api.info(RAW))["state"]
    assert 80_000 < state["bytes"] < 250_000
    assert state["last_seq"] == 500
    assert (await one.replay(RAW, 500)).data == b"x" * 1000
    with pytest.raises(ResourceNotFound):
        await one.replay(RAW, 1)
    await one.stop()


async def test_trouble_is_told_while_a_batch_is_not_taken(tmp_path: Path) -> None:
    full = True

    async def take(_: list[RawMessage]) -> None:
        if full:
            raise Unavailable("the disk is nearly full")

    one = backbone(tmp_path)
    one.consume(RAW, take)
    assert one.trouble() == "The backbone is starting"
    await one.start()
    assert one.trouble() == ""
    await fill(one, range(1))
    await eventually(one.trouble)
    assert one.trouble() == "RAW is not taken in: the disk is nearly full"
    full = False
    await eventually(lambda: not one.trouble())
    await one.stop()
