"""The NATS child: supervised, never doubled, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.backbone import RAW, Backbone, RawMessage, server
from rhinecloud.backbone.server import binary
from rhinecloud.base.errors import Unavailable
from rhinecloud.base.settings import Settings

from .conftest import Site, eventually

Make = Callable[..., Any]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def child_of(site: Site) -> int:
    return int((site.settings.data / "nats" / "nats.pid").read_text())


async def test_a_killed_child_comes_back_on_its_port_and_loses_nothing(site: Site, device: Make) -> None:
    gauge = await device(client_id="gauge")
    acknowledged = 0
    for round_ in range(2):
        for _ in range(20):
            assert await gauge.publish("city/gauge/up", b"%d" % acknowledged)
            acknowledged += 1
        before = child_of(site)
        os.kill(before, signal.SIGKILL)
        await eventually(lambda before=before: child_of(site) != before)
        await eventually(lambda n=round_: gauge.lost > n)
        gauge.code = -1
        await eventually(lambda: gauge.code == 0, 10)
    assert await gauge.publish("city/gauge/up", b"%d" % acknowledged)
    assert [int(m.data) for m in await site.has(acknowledged + 1)] == list(range(acknowledged + 1))
    assert await site.backbone.publish("raw.city.http.x", b"still") == 1


async def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        backbone = Backbone(Settings(data=tmp_path, mqtt_port=port), authenticate=lambda *_: None)
        with pytest.raises(Unavailable, match=rf"Port {port} for MQTT is taken.*--mqtt-port"):
            await backbone.start()
        await backbone.stop()


async def test_a_port_that_is_taken_between_our_look_and_the_childs_is_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = [0, taken.getsockname()[1], 0, 0]
        claim = server._claim
        monkeypatch.setattr(server, "_claim", lambda host, port: (wanted and wanted.pop(0)) or claim(host, port))
        backbone = Backbone(Settings(data=tmp_path, mqtt_port=0), authenticate=lambda *_: None)
        await backbone.start()
        await backbone.stop()
    assert wanted == []


async def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    backbone = Backbone(Settings(data=tmp_path, mqtt_port=0, host="192.0.2.1"), authenticate=lambda *_: None)
    with pytest.raises(Unavailable, match=r"cannot listen on 192\.0\.2\.1"):
        await backbone.start()


async def test_an_external_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, nats_url="nats://127.0.0.1:1")
    backbone = Backbone(settings, authenticate=lambda *_: None)
    with pytest.raises(Unavailable, match=r"NATS at nats://127.0.0.1:1 is not reached"):
        await backbone.start()


async def test_an_external_server_carries_messages_as_ours_does(tmp_path: Path) -> None:
    taken: list[bytes] = []

    async def take(messages: list[RawMessage]) -> None:
        taken.extend(m.data for m in messages)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [binary(), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(tmp_path / "elsewhere")]
    external = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        backbone = Backbone(
            Settings(data=tmp_path / "data", nats_url=f"nats://127.0.0.1:{port}"), authenticate=lambda *_: None
        )
        backbone.consume(RAW, take)
        for _ in range(50):
            try:
                await backbone.start()
                break
            except Unavailable:
                await asyncio.sleep(0.1)
        assert await backbone.publish("raw.city.http.x", b"1") == 1
        await eventually(lambda: taken == [b"1"])
        assert not (tmp_path / "data" / "nats" / "nats.conf").exists()
        assert await backbone.disconnect("city/gauge") == 0
        await backbone.stop()
    finally:
        external.terminate()
        external.wait()


async def test_secrets_are_readable_by_us_alone_and_stay(tmp_path: Path) -> None:
    keys = set()
    for _ in range(2):
        site = Site(tmp_path)
        await site.backbone.start()
        await site.backbone.stop()
        keys.add((tmp_path / "secrets" / "nats-issuer.nk").read_bytes())
    assert len(keys) == 1
    for file in ("secrets/nats-issuer.nk", "nats/nats.conf"):
        assert (tmp_path / file).stat().st_mode & 0o077 == 0


PARENT = """
    import asyncio, sys
    from pathlib import Path
    from rhinecloud.backbone import Backbone
    from rhinecloud.base.settings import Settings

    async def main():
        backbone = Backbone(Settings(data=Path(sys.argv[1]), mqtt_port=0), authenticate=lambda *_: None)
        await backbone.start()
        print("serves", flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
"""


async def test_the_child_dies_with_a_killed_parent_and_a_restart_serves_in_time(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout
    with parent.stdout:
        assert await asyncio.to_thread(parent.stdout.readline) == b"serves\n"
        child = int((tmp_path / "nats" / "nats.pid").read_text())
        assert alive(child)
        parent.kill()
        parent.wait()
    site = Site(tmp_path)
    await site.backbone.start()
    assert not alive(child)
    await site.backbone.stop()


async def test_a_leftover_child_is_ended_before_a_second_one_touches_the_store(tmp_path: Path) -> None:
    first = Site(tmp_path)
    await first.backbone.start()
    server = first.backbone._server
    assert server and server._watch
    server._watch.cancel()  # as if we had been killed on a system that does not end children with their parent
    leftover = child_of(first)
    second = Site(tmp_path)
    await second.backbone.start()
    assert not alive(leftover)
    assert await second.backbone.publish("raw.city.http.x", b"1") == 1
    await second.backbone.stop()
    await first.backbone.stop()


async def test_a_number_used_again_by_a_stranger_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "nats.pid").write_text(str(os.getpid()))
    site = Site(tmp_path)
    await site.backbone.start()
    await site.backbone.stop()
