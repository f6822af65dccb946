"""`rhinecloud up`: starts the city and says how to get in."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from rhinecloud import __version__
from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.errors import Conflict, InvalidRequest
from rhinecloud.base.model import Update
from rhinecloud.base.settings import Settings

from .control import Control, Doer
from .lock import Lock, Note
from .simulate import doers
from .terminal import SAY, SHOW

if TYPE_CHECKING:
    from rhinecloud.app import City


def up(settings: Settings) -> None:
    """Runs the city in the foreground until SIGINT or SIGTERM.

    Raises:
        InvalidRequest: the settings contradict each other or cannot be met.
        Conflict: the data directory or a port is taken.
    """
    if settings.open and not is_loopback(settings.host):
        raise InvalidRequest(
            f"--open lets everyone do everything, so it is refused on {settings.host}: use it with --host 127.0.0.1"
        )
    with Lock(settings.data) as lock:
        claim(settings.host, settings.port, "port", "HTTP")
        claim(settings.host, settings.mqtt_port, "mqtt-port", "MQTT")
        try:
            until_told(_run(settings, lock))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Conflict(f"A port was taken while the city was starting: {error}") from error
            raise
    SHOW.print(Text("The city has stopped; everything acknowledged is kept.", "dim"))


async def _run(settings: Settings, lock: Lock) -> None:
    from rhinecloud.app import serve

    started_at = iso(now_us())
    controls: list[Control] = []

    def ready(city: City) -> None:
        lock.write(Note(os.getpid(), started_at, city.url, city.mqtt_port))
        controls.append(Control(settings.data, _doers(city)))
        opening.add(asyncio.create_task(controls[0].start()))
        welcome(settings, city.url, city.mqtt_port, city.sign_in_link)

    opening: set[asyncio.Task[None]] = set()
    try:
        await serve(settings, ready=ready)
    finally:
        await asyncio.gather(*opening)
        for control in controls:
            await control.stop()


def _doers(city: City) -> dict[str, Doer]:
    """What this machine's user may ask of the running city, beside what the APIs do."""

    async def backup(asked: dict[str, Any]) -> None:
        from . import snapshot

        await asyncio.to_thread(city.connect.flush)
        await snapshot.of_running(city.settings.data, city.histories, city.presents.names(), Path(asked["folder"]))

    async def command(asked: dict[str, Any]) -> Any:
        tenant, device = asked["tenant"] or city.settings.default_tenant, asked["device"]
        city.connect.registry.get(tenant, device)
        sent = await city.commands.send(
            tenant, device, asked["name"], asked["params"], by=asked["by"], expires_s=asked["wait_s"]
        )
        end = asyncio.get_running_loop().time() + asked["wait_s"] + 2
        while sent.status in ("queued", "delivered") and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.1)
            sent = await asyncio.to_thread(city.commands.get, tenant, sent.id)
        return {"id": sent.id, "status": sent.status, "detail": sent.detail, "result": sent.result}

    async def send_away(asked: dict[str, Any]) -> int:
        return await city.backbone.disconnect(f"{asked['tenant']}/{asked['device']}")

    async def write(asked: dict[str, Any]) -> list[str]:
        updates = msgspec.convert(asked["updates"], list[Update])
        present = city.presents.open(asked["tenant"] or city.settings.default_tenant)
        return [result.error.detail if result.error else "" for result in await present.write(updates)]

    async def export(asked: dict[str, Any]) -> int:
        past = city.histories.open(asked["tenant"] or city.settings.default_tenant)
        kind = asked["type"]
        types = [city.model.terms.get(kind, kind)] if kind else None
        written = 0
        with await asyncio.to_thread(Path(asked["path"]).open, "wb") as file:
            async for chunk in past.export(
                asked["form"], types=types, start_us=asked["start_us"], end_us=asked["end_us"]
            ):
                written += len(chunk)
                await asyncio.to_thread(file.write, chunk)
        return written

    async def switch_pack(asked: dict[str, Any]) -> None:
        city.switchboard.switch(asked["tenant"], asked["pack"], bool(asked["on"]), asked["by"])

    from .feeds import doers as feeds
    from .mending import doers as mending

    return {
        **mending(city),
        **feeds(city),
        "backup": backup,
        "command": command,
        "export": export,
        "send_away": send_away,
        "switch_pack": switch_pack,
        "write": write,
        **doers(city),
    }


def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` on a fast loop; the first SIGINT or SIGTERM asks it to end in order, a second SIGINT ends at once."""

    async def whole() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        told = False

        def stop() -> None:
            nonlocal told
            if told:
                os._exit(130)
            told = True
            SAY.print(Text("Stopping … (ctrl-C again stops at once)", "dim"))
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(whole())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def claim(host: str, port: int, option: str, what: str) -> None:
    """Checks that a port can be had, before anything is started.

    Raises:
        Conflict: somebody listens there.
        InvalidRequest: the address is not ours, or the port is one that only root may open.
    """
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Conflict(
                    f"Port {port} for {what} is taken by another program. "
                    f"Stop that program, or choose another port: --{option} {port + 1} (0 takes any free one)"
                ) from error
            reason = "only root may open ports below 1024" if error.errno == errno.EACCES else error.strerror
            raise InvalidRequest(
                f"{host} port {port} for {what} cannot be opened: {reason}. Choose another --{option} or --host"
            ) from error


def welcome(settings: Settings, url: str, mqtt_port: int, sign_in_link: str) -> None:
    """What a person sees when the city is up: where it is, how to get in, what to try."""
    rows = [("Open", Text(url, "bold cyan"))]
    if settings.open:
        rows.append(("Sign in", Text("not needed")))
    elif sign_in_link:
        rows.append(("Sign in", Text(sign_in_link, "cyan") + Text("  works once", "dim")))
    else:
        rows.append(
            ("Sign in", Text(f"with your password; a new link: {command()} user link NAME{data_option(settings)}"))
        )
    rows.append(
        ("Devices", Text(f"MQTT on port {mqtt_port}" + ("; the demo city plays along" if settings.demo else "")))
    )
    rows.append(("Data", Text(str(settings.data.resolve()))))
    SHOW.print()
    SHOW.print(Text("  Rhine Cloud ", "bold") + Text(f"{__version__}  ·  ") + Text("the city is up", "green"))
    SHOW.print()
    for name, value in rows:
        SHOW.print(Text(f"  {name:10}", "dim") + value)
    if settings.open:
        SHOW.print()
        SHOW.print(
            Text(
                "  ▲ OPEN: everyone on this machine may read, write and delete everything. For tests only.", "bold red"
            )
        )
    SHOW.print()
    SHOW.print(Text("  Try next", "dim"))
    example = "type=OffStreetParking&q=availableSpotNumber>100" if settings.demo else "limit=20"
    SHOW.print(f"    curl '{url}/ngsi-ld/v1/entities?{example}'")
    SHOW.print(f"    {command()} device add my-sensor --type WeatherObserved{data_option(settings)}")
    SHOW.print(Text("  docs/tutorial.md takes ten minutes · ctrl-C stops the city", "dim"))
    SHOW.print()


def command() -> str:
    """How this very program is called from where we are: its name, or its path where the name is not found."""
    if shutil.which("rhinecloud"):
        return "rhinecloud"
    program = Path(sys.executable).parent / "rhinecloud"
    if not program.exists():
        return f"{Path(sys.executable).name} -m rhinecloud"
    return os.path.relpath(program) if program.is_relative_to(Path.cwd()) else str(program)


def data_option(settings: Settings) -> str:
    """` --data DIR`, where the directory is not the default one."""
    default = Settings().data
    return "" if settings.data == default or "RHINECLOUD_DATA" in os.environ else f" --data {settings.data}"
