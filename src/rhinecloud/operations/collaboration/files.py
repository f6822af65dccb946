"""Files beside entries of the log, in the tenant's folder under `files/`, each by the hash of its content.

A file is checked, written and synced before the entry that names it is committed; so whoever was told that a message
is kept finds its files. What an entry lets go of when it is erased is taken from the folder afterwards (`sweep`), and
again after a crash.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from rhinecloud.base.errors import PayloadTooLarge, ResourceNotFound
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf

from . import kinds
from .declare import File

FOLDER: Final = "files"
ARRIVING: Final = ".arriving"
LARGEST: Final = 25 * 1024 * 1024
"""Bytes of one file."""
MOST: Final = 10
"""Files of one entry."""
FORGOTTEN_S: Final = 3600.0
_CHUNK: Final = 1 << 20


class Files:
    """The files of one tenant; blocking."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._folder = shelf.folder / FOLDER

    @contextmanager
    def arriving(self, given: Iterable[tuple[str, IO[bytes]]]) -> Iterator[Arrived]:
        """Files that are checked and lie ready; nothing of them stays when the block raises.

        Args:
            given: (name, content), content to be read from its beginning.
        Raises:
            BadRequestData, PayloadTooLarge, UnsupportedMediaType: one cannot be taken; the message says which and why.
        """
        arrived = Arrived(self._folder)
        try:
            for name, content in given:
                if len(arrived.files) >= MOST:
                    raise PayloadTooLarge(f"At most {MOST} files go with one entry")
                arrived.take(name, content)
            yield arrived
        except BaseException:
            for path in arrived.placed:
                self._unless_named(path)
            raise
        finally:
            arrived.forget()

    def open(self, sha256: str) -> IO[bytes]:
        """Raises: ResourceNotFound."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise ResourceNotFound(f"File {sha256[:12]}… does not exist") from None

    def sweep(self) -> int:
        """Takes what was erased from the folder; how many."""
        gone = [sha256 for (sha256,) in self._shelf.rows("SELECT sha256 FROM file_gone")]
        for sha256 in gone:
            with self._shelf.work(SYSTEM) as work:
                if work.row("SELECT 1 FROM log_file WHERE sha256 = ?", sha256) is None:
                    self._path(sha256).unlink(missing_ok=True)
                work.run("DELETE FROM file_gone WHERE sha256 = ?", sha256)
        return len(gone)

    def forget_arrivals(self) -> None:
        """What was on its way when the process was killed was told to nobody."""
        for left in (self._folder / ARRIVING).glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - FORGOTTEN_S:
                    left.unlink()

    def _unless_named(self, path: Path) -> None:
        with self._shelf.work(SYSTEM) as work:
            if work.row("SELECT 1 FROM log_file WHERE sha256 = ?", path.name) is None:
                path.unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ResourceNotFound(f"File {sha256[:12]} does not exist")
        return _place(self._folder, sha256)


class Arrived:
    """Files on their way: taken in, and placed by whoever commits what names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[Path] = []
        self.files: list[File] = []
        self.placed: list[Path] = []
        """Those that were not there before."""

    def take(self, name: str, content: IO[bytes]) -> None:
        name = kinds.name_of(name)
        content.seek(0, os.SEEK_END)
        size = content.tell()
        if size > LARGEST:
            raise PayloadTooLarge(f"{name} has {size / 1e6:.1f} MB; at most {LARGEST // 1024**2} MB are taken")
        kind = kinds.kind_of(name, content)
        folder = self._folder / ARRIVING
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting, digest = folder / secrets.token_hex(16), hashlib.sha256()
        self._waiting.append(waiting)
        content.seek(0)
        with waiting.open("xb") as file:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        self.files.append(File(sha256=digest.hexdigest(), name=name, type=kind.type, size=size))

    def place(self) -> list[File]:
        """Moves them to their places, for good once the open transaction is committed. Inside that transaction, so that
        nobody takes the same file from the folder in between."""
        for waiting, file in zip(self._waiting, self.files, strict=True):
            path = _place(self._folder, file.sha256)
            if not path.exists():
                self.placed.append(path)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            waiting.replace(path)
            _sync(path.parent)
            _sync(path.parent.parent)
        return self.files

    def forget(self) -> None:
        for waiting in self._waiting:
            waiting.unlink(missing_ok=True)


def _place(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
