"""One process a data directory: an flock on DATA/rhinecloud.lock, with a note of who holds it and where it listens.

The kernel gives the lock back when its holder dies, however it dies; the note inside may be old, the lock never is.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

import msgspec

from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.errors import Conflict, InvalidRequest, Unavailable

NAME = "rhinecloud.lock"


class Note(msgspec.Struct):
    """Who runs the city of this directory."""

    pid: int
    started_at: str
    url: str = ""  # "" while it is starting
    mqtt_port: int = 0


class Lock:
    """Holds a data directory for this process, as a context manager.

    Raises:
        Conflict: another process holds it; the message says which.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / NAME
        self._file = -1

    def __enter__(self) -> Lock:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InvalidRequest(
                f"The data directory {self._path.parent} cannot be written: {error.strerror}"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise Conflict(_held(self._path, read(self._path.parent))) from None
        self.write(Note(os.getpid(), iso(now_us())))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def write(self, note: Note) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, msgspec.json.encode(note) + b"\n", 0)


def _held(path: Path, note: Note | None) -> str:
    who = f"by process {note.pid} since {note.started_at}" if note else "by another process"
    where = f" and answers at {note.url}" if note and note.url else ""
    return f"A city already runs on {path.parent}: it is held {who}{where}. Stop it first, or name another --data"


def read(data: Path) -> Note | None:
    """The note of the process that holds `data` now; None when nobody does."""
    path = data / NAME
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _note(os.read(file, 4096))
        return None
    finally:
        os.close(file)


def _note(text: bytes) -> Note | None:
    try:
        return msgspec.json.decode(text, type=Note)
    except msgspec.DecodeError:
        return Note(0, "", "")  # it is just being written


def running(data: Path) -> Note:
    """The note of the city that runs on `data`.

    Raises:
        Unavailable: none does, or it is still starting.
    """
    note = read(data)
    if note is None:
        raise Unavailable(
            f"No city runs on {data}. Start one with `rhinecloud up --data {data}`, or name another --data"
        )
    if not note.url:
        raise Unavailable(f"The city on {data} is still starting. Try again in a moment")
    return note
