"""The child process `rhinecloud simulate FILE`: plays a simulated city until its standard input ends.

FILE tells what to play (`simulation.Told`); the line "read" on standard input lets it be read again, so that events,
speed and packs change without a device losing its connection. How it is doing is told in lines of JSON on standard
output. At its first start, and after a pause, it fills in the past that is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from rhinecloud.base.clock import SECOND, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.telemetry import logger

from .archive import Archive, Units
from .events import opening
from .faults import Faults
from .pack import Pack
from .player import Player
from .registry import packs
from .simulation import Fill, Filled, Played, Told, fleet, read_told
from .world import World

QUICK_S: Final = 3 * 86_400.0
QUICK_STEP_S: Final = 1_800.0
"""What is filled in first, and at once."""
WEEKS_STEP_S: Final = 3_600.0
PACE: Final = 0.3
"""What is filled in behind it, and which share of the time that may take."""
PAUSE_S: Final = 900.0
"""A pause longer than that is filled in."""
_TELL_S: Final = 5.0
_GOODBYE_S: Final = 2.0

log = logger("kit")


class Child:
    """What runs in this process."""

    def __init__(self, file: Path, clock: Callable[[], int] = now_us) -> None:
        self._file, self._clock = file, clock
        self._told = read_told(file)
        self._player = Player(self.now, file.with_suffix(".orders"))
        self._filled = Filled()
        self._archive = Archive(file.with_suffix(".archive"), self._on_filled)
        self._filling: asyncio.Task[None] | None = None
        self._packs: tuple[Pack, ...] = packs()
        self._units = _units(self._packs)

    def now(self) -> float:
        return self._clock() / SECOND

    async def run(self, done: asyncio.Event) -> None:
        """Plays until `done`."""
        self._archive.ask(self._missing())
        await self.read()
        beating = asyncio.create_task(self._player.run())
        try:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), _TELL_S)
                self._tell()
        finally:
            beating.cancel()
            self._archive.stop()
            self._archive.seen(self.now())
            await self._player.stop()

    async def read(self) -> None:
        """Reads the file, and plays what it tells."""
        self._told = told = read_told(self._file)
        given = [*told.events, *(opening(told.began_s) if told.began_s else ())]
        world = World(told.seed, given)
        on = [pack for pack in self._packs if told.packs is None or pack.id in told.packs]
        things = [t for t in fleet(on, world) if (t.through or t.device) in told.devices]
        faults = Faults(told.seed, world.events)
        # What remembers has to remember first; that takes a third of a second, and is nothing for the loop.
        await asyncio.to_thread(lambda: [thing.measure(told.model_time(self.now())) for thing in things])
        self._player.set(things, told, faults)
        if told.url:
            await self._fill(told, on)

    async def _fill(self, told: Told, on: list[Pack]) -> None:
        self._archive.stop()
        if self._filling:
            await self._filling
        for fill in told.fills:
            oldest = self._archive.oldest()
            if fill.from_s < oldest - fill.step_s:
                self._archive.ask([msgspec.structs.replace(fill, to_s=min(fill.to_s, oldest))])
        if self._archive.progress.fills:
            # Things of its own: what remembers would else be asked of the past and of the present in turn.
            world = World(told.seed, [*told.events, *(opening(told.began_s) if told.began_s else ())])
            things = [thing for thing in fleet(on, world) if thing.crew is None]
            faults = Faults(told.seed, world.events)
            self._filling = asyncio.create_task(asyncio.to_thread(self._archive.run, told, things, faults, self._units))

    def _missing(self) -> list[Fill]:
        """What has to be filled in before anybody asks: the first days at once, weeks behind them; or a pause."""
        now, progress = self.now(), self._archive.progress
        if not self._told.url:
            return []
        if not progress.seen_s and not progress.fills:
            quick = now - QUICK_S
            fills = [Fill(quick, now, QUICK_STEP_S, of="steady"), Fill(quick, now, QUICK_STEP_S, PACE, of="changing")]
            weeks = now - self._told.days * 86_400.0
            return [*fills, Fill(weeks, quick, WEEKS_STEP_S, PACE)] if weeks < quick else fills
        if progress.seen_s and now - progress.seen_s > PAUSE_S:
            step = QUICK_STEP_S if now - progress.seen_s < QUICK_S else WEEKS_STEP_S
            return [Fill(progress.seen_s, now, step, PACE)]
        return []

    def _on_filled(self, filled: Filled) -> None:
        self._filled = filled

    def _tell(self) -> None:
        self._archive.seen(self.now())
        player = self._player
        played = Played(len(player.stations), player.connected, player.messages, self._filled)
        sys.stdout.buffer.write(msgspec.json.encode(played) + b"\n")
        sys.stdout.buffer.flush()


def _units(chosen: tuple[Pack, ...]) -> Units:
    model = Model(kind for pack in chosen for kind in pack.types)
    return {
        (kind.name, attribute.name): attribute.unit
        for pack in chosen
        for kind in pack.types
        for attribute in model.attributes(kind.iri)
        if attribute.unit
    }


async def run(file: Path, clock: Callable[[], int] = now_us) -> None:
    """Plays what the file tells until SIGTERM, SIGINT or the end of standard input."""
    child = Child(file, clock)
    _end_with_parent()
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Hundreds of clients that lose one broker have a lot to say; what matters we log ourselves, once an attempt.
    logging.getLogger("gmqtt").setLevel(logging.CRITICAL)
    loop.set_exception_handler(lambda _, context: log.debug("client_library", **context))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    reading: set[asyncio.Task[None]] = set()

    def on_input() -> None:
        said = os.read(sys.stdin.fileno(), 65_536)
        if not said:
            loop.remove_reader(sys.stdin.fileno())
            done.set()
        elif b"read" in said:
            reading.add(asyncio.create_task(child.read()))

    if not sys.stdin.isatty():
        with contextlib.suppress(PermissionError):  # /dev/null and files cannot be waited for, and never end
            loop.add_reader(sys.stdin.fileno(), on_input)
    try:
        await asyncio.wait_for(child.run(done), None)
    finally:
        loop.call_later(_GOODBYE_S, os._exit, 0)  # a client library that waits for a broker that is gone


def _end_with_parent() -> None:
    """On Linux the kernel ends us with the city, however busy we are; elsewhere the end of standard input does."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGKILL)
