"""The simulated city as `app` sees it: its things, the file with their credentials, the child that plays them.

The child is a stranger to the city: it has the address of the MQTT port and one name and secret a device, nothing else.
So the demo goes through the very door that real devices go through.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rhinecloud.base.telemetry import logger

from .pack import Pack, Thing
from .registry import packs
from .world import SEED, World

_SLOWEST_S = 30.0

log = logger("kit")

Fleet = tuple[Thing, ...]


def fleet(chosen: Iterable[Pack] | None = None, world: World | None = None) -> Fleet:
    """Every simulated thing of the packs, in a stable order; a simulator that fails leaves its own pack's out."""
    world = world or World()
    things: list[Thing] = []
    for pack in packs() if chosen is None else chosen:
        try:
            things += pack.simulator(world) if pack.simulator else ()
        except Exception:  # a stranger's code: the others play on
            log.exception("simulator_left_out", pack=pack.id)
    return tuple(things)


def write_credentials(path: Path, *, host: str, port: int, tenant: str, secrets: Mapping[str, str]) -> None:
    """Writes what the child needs to know, readable by this user alone.

    Args:
        secrets: by device id, as the registry gave them out.
    """
    told: dict[str, Any] = {"host": host, "port": port, "tenant": tenant, "seed": SEED, "devices": dict(secrets)}
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file)
    fresh.replace(path)


class Simulation:
    """Keeps `rhinecloud simulate` running as a child; started again with growing pauses when it dies."""

    def __init__(self, credentials: Path) -> None:
        self._credentials = credentials
        self._task: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

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
            # Standard input is a pipe that we never write to: its end tells the child that we are gone.
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "rhinecloud", "simulate", str(self._credentials)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
            )
            started = asyncio.get_running_loop().time()
            code = await self._child.wait()
            log.warning("simulator_ended", code=code, again_in_s=pause)
            await asyncio.sleep(pause)
            lived = asyncio.get_running_loop().time() - started
            pause = 1.0 if lived > 60 else min(pause * 2, _SLOWEST_S)
