"""Commands to devices: durable, told of, and each with an end that the operator sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.errors import BadRequestData, NonexistentTenant, ResourceNotFound, Unavailable, Unreadable
from rhinecloud.connect.commands import Command, Commands


class Broker:
    """Stands where MQTT begins: numbers what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.down = False

    async def send(self, topic: str, payload: bytes) -> int:
        if self.down:
            raise Unavailable("the broker is down")
        self.sent.append((topic, json.loads(payload)))
        return len(self.sent)


class Desk:
    def __init__(self, folder: Path, clock: Any) -> None:
        (folder / "city").mkdir(exist_ok=True)
        self.broker, self.told = Broker(), list[tuple[str, str]]()
        self.commands = Commands(folder, self.broker.send, clock=clock)
        self.commands.listen(lambda c: self.told.append((c.id, c.status)))


@pytest.fixture
async def desk(tmp_path: Path, held_clock: Any) -> AsyncIterator[Desk]:
    made = Desk(tmp_path, held_clock)
    await made.commands.start()
    yield made
    await made.commands.stop()


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(1500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come true in time")


async def answer(desk: Desk, command: Command, **members: Any) -> None:
    payload = json.dumps({"id": command.id} | members).encode()
    await desk.commands.answered("city", command.device, payload, 1_795_341_600_000_000)


async def test_a_command_goes_out_with_its_expiry_and_is_confirmed_with_its_result(desk: Desk) -> None:
    command = await desk.commands.send("city", "lamp-7", "dim", {"level": 40}, by="person:ada", expires_s=30)
    assert desk.broker.sent == [
        (
            "city/lamp-7/command",
            {"id": command.id, "name": "dim", "params": {"level": 40}, "expires": "2026-11-22T10:00:30Z"},
        )
    ]
    assert desk.commands.get("city", command.id) == command
    await desk.commands.delivered(1)
    assert desk.commands.get("city", command.id).status == "delivered"
    await answer(desk, command, result={"level": 40})
    done = desk.commands.get("city", command.id)
    assert (done.status, done.result, done.finished_us, done.by) == (
        "confirmed",
        {"level": 40},
        1_795_341_600_000_000,
        "person:ada",
    )
    assert [s for _, s in desk.told] == ["queued", "delivered", "confirmed"]


async def test_a_device_that_is_quicker_than_the_brokers_word_is_noted_too(desk: Desk) -> None:
    plain = desk.broker.send

    async def send(topic: str, payload: bytes) -> int:
        sequence = await plain(topic, payload)
        await desk.commands.delivered(sequence)  # its client has it before we hear the number
        return sequence

    desk.commands._send = send
    sent = await desk.commands.send("city", "lamp-1", "dim")
    assert desk.commands.get("city", sent.id).status == "delivered"


async def test_a_device_may_say_that_it_failed_and_why(desk: Desk) -> None:
    command = await desk.commands.send("city", "lamp-7", "dim")
    await answer(desk, command, status="failed", detail="lamp is broken")
    done = desk.commands.get("city", command.id)
    assert (done.status, done.detail) == ("failed", "lamp is broken")
    await answer(desk, command)  # the first word counts
    assert desk.commands.get("city", command.id).status == "failed"


async def test_a_command_nobody_answers_expires_and_a_late_answer_still_counts(desk: Desk, held_clock: Any) -> None:
    reached = await desk.commands.send("city", "lamp-7", "dim", expires_s=10)
    await desk.commands.delivered(1)
    unreached = await desk.commands.send("city", "lamp-8", "dim", expires_s=10)
    held_clock.tick(11)
    await until(lambda: len(desk.told) == 5)
    assert desk.commands.get("city", reached.id).detail == "the device did not answer"
    assert desk.commands.get("city", unreached.id).detail == "the device was not reached"
    assert desk.commands.get("city", unreached.id).status == "expired"
    await answer(desk, unreached)
    assert desk.commands.get("city", unreached.id).status == "confirmed"


async def test_answers_that_fit_no_command_of_that_device_are_refused_and_change_nothing(desk: Desk) -> None:
    command = await desk.commands.send("city", "lamp-7", "dim")
    broken = (b"", b"\xff", b'{"id": "\xa2"}', b"[]", b'{"id": 3}', b'{"id": "none"}', b'{"status": "confirmed"}')
    for payload in broken:
        with pytest.raises(Unreadable, match="no answer to a command"):
            await desk.commands.answered("city", "lamp-7", payload, 0)
    with pytest.raises(Unreadable, match="sent to lamp-7"):
        await desk.commands.answered("city", "lamp-8", json.dumps({"id": command.id}).encode(), 0)
    assert desk.commands.get("city", command.id).status == "queued"


async def test_commands_are_listed_newest_first_by_device_and_status(desk: Desk, held_clock: Any) -> None:
    made = []
    for device in ("a", "b", "a"):
        held_clock.tick()
        made.append(await desk.commands.send("city", device, "dim"))
    await answer(desk, made[0])
    ids = [c.id for c in made]
    assert [c.id for c in desk.commands.list("city")] == ids[::-1]
    assert [c.id for c in desk.commands.list("city", device="a")] == [ids[2], ids[0]]
    assert [c.id for c in desk.commands.list("city", status="queued")] == [ids[2], ids[1]]
    assert [c.id for c in desk.commands.list("city", limit=1, offset=1)] == [ids[1]]


async def test_what_was_queued_goes_out_again_after_a_restart_when_the_device_comes(
    tmp_path: Path, held_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rhinecloud.connect.commands.RESEND_S", 0.01)
    first = Desk(tmp_path, held_clock)
    await first.commands.start()
    first.broker.down = True
    command = await first.commands.send("city", "lamp-7", "dim")  # queued all the same
    await first.commands.stop()

    second = Desk(tmp_path, held_clock)
    await second.commands.start()
    second.commands.connected("city", "lamp-8")
    second.commands.connected("city", "lamp-7")
    await until(lambda: second.broker.sent)
    await asyncio.sleep(0.05)
    assert [(t, m["id"]) for t, m in second.broker.sent] == [("city/lamp-7/command", command.id)]
    await second.commands.delivered(1)
    second.commands.connected("city", "lamp-7")
    await asyncio.sleep(0.05)
    assert len(second.broker.sent) == 1
    await second.commands.stop()


async def test_what_cannot_be_is_refused(desk: Desk) -> None:
    for name, expires_s in (("", 1), ("x" * 201, 1), ("dim", 0), ("dim", 1e9), ("dim", float("nan"))):
        with pytest.raises(BadRequestData):
            await desk.commands.send("city", "lamp-7", name, expires_s=expires_s)
    with pytest.raises(NonexistentTenant):
        await desk.commands.send("atlantis", "lamp-7", "dim")
    with pytest.raises(ResourceNotFound):
        desk.commands.get("city", "none")


async def test_a_listener_that_fails_harms_nobody_and_one_that_left_hears_nothing(desk: Desk) -> None:
    def broken(_: Command) -> None:
        raise ValueError("a screen's mistake")

    leave = desk.commands.listen(broken)
    await desk.commands.send("city", "lamp-7", "dim")
    leave()
    assert len(desk.told) == 1
