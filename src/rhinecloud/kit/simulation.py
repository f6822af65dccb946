"""The simulated city as a running city sees it: its things, the file that tells the child what to play, the child.

The child is a stranger to the city: it has the addresses of the two doors, one name and secret a device and one token
for the past, nothing else. So the demo goes through the very doors that real devices and archives go through.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal

import msgspec

from rhinecloud.base.errors import InvalidRequest
from rhinecloud.base.telemetry import logger

from .events import Event
from .pack import Pack, Thing
from .registry import packs
from .world import SEED, World

_SLOWEST_S: Final = 30.0

log = logger("kit")

Fleet = tuple[Thing, ...]


def fleet(chosen: Iterable[Pack] | None = None, world: World | None = None) -> Fleet:
    """Every simulated thing of the packs, in a stable order."""
    world = world or World()
    return tuple(
        thing for pack in (packs() if chosen is None else chosen) if pack.simulator for thing in pack.simulator(world)
    )


class Fill(msgspec.Struct, frozen=True):
    """A stretch of the past to be filled in."""

    from_s: float
    to_s: float
    step_s: float
    pace: float = 1.0  # share of the time that it may take: 1 is as fast as the city takes it
    of: Literal["all", "steady", "changing"] = "all"  # which things: all, or (not) those that only speak on change


class Told(msgspec.Struct, kw_only=True):
    """What the child is told, in a file that only this user can read. It is read again when the child is told so."""

    host: str
    port: int  # MQTT
    tenant: str
    url: str = ""  # HTTP, for the past; "": no past is filled in
    token: str = ""  # for it
    seed: int = SEED
    days: int = 3  # of past that is filled in before anybody asks for it
    began_s: float = 0.0  # when the city first started: what opens the demo hangs on it
    speed: float = 1.0  # how much faster than the clock the city lives, from `sped_s` on
    sped_s: float = 0.0  # when the speed was set
    model_s: float = 0.0  # the simulated instant at `sped_s`
    packs: list[str] | None = None  # that are on; None: all
    events: list[Event] = []
    fills: list[Fill] = []
    devices: dict[str, str] = {}  # secret by device id

    def model_time(self, now_s: float) -> float:
        """The simulated instant at an instant of the clock."""
        return now_s if self.speed == 1 and not self.model_s else self.model_s + (now_s - self.sped_s) * self.speed


class Filled(msgspec.Struct):
    """How far the past is filled in."""

    done: float = 1.0  # share of the stretch that is being filled in
    pending: int = 0  # stretches that are not done
    from_s: float = 0.0
    instances: int = 0
    seconds: float = 0.0
    trouble: str = ""


class Played(msgspec.Struct):
    """How the child is doing."""

    devices: int = 0
    connected: int = 0
    messages: int = 0
    filled: Filled = msgspec.field(default_factory=Filled)


def write_told(path: Path, told: Told) -> None:
    """Writes what the child is told, readable by this user alone, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(told))
    fresh.replace(path)


def read_told(path: Path) -> Told:
    """What `write_told` wrote.

    Raises:
        InvalidRequest: there is no such file, or it is another kind of file.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Told)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InvalidRequest(f"{path} does not tell a simulator what to play: {error}") from error


class Simulation:
    """Keeps `rhinecloud simulate` running as a child; started again with growing pauses when it dies."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self._task: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self.played = Played()
        self.watchers: list[Callable[[], None]] = []
        """Called when the child has said how it is doing."""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    def read_again(self) -> None:
        """Lets the child read its file again; one that is just being started will anyway."""
        if (child := self._child) and child.returncode is None and child.stdin:
            with contextlib.suppress(ConnectionError, RuntimeError):
                child.stdin.write(b"read\n")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if (child := self._child) and child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            try:
                await asyncio.wait_for(child.wait(), 3)
            except TimeoutError:
                child.kill()
                await child.wait()
        self._child = None

    async def _keep(self) -> None:
        pause = 1.0
        while True:
            # The end of its standard input tells the child that we are gone.
            self._child = child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "rhinecloud", "simulate", str(self._told)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            started = asyncio.get_running_loop().time()
            await self._listen(child)
            code = await child.wait()
            log.warning("simulator_ended", code=code, again_in_s=pause)
            await asyncio.sleep(pause)
            lived = asyncio.get_running_loop().time() - started
            pause = 1.0 if lived > 60 else min(pause * 2, _SLOWEST_S)

    async def _listen(self, child: asyncio.subprocess.Process) -> None:
        while child.stdout and (line := await child.stdout.readline()):
            with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
                self.played = msgspec.json.decode(line, type=Played)
                for watcher in self.watchers:
                    watcher()
