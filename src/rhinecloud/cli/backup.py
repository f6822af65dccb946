"""`rhinecloud backup` and `rhinecloud restore`: one archive, each file with its hash, verified on both ways.

The archive is a zip file with `manifest.json` in front. It holds the city's secrets: its owner alone may read it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from rhinecloud import __version__
from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.errors import BadRequestData, Conflict, InvalidRequest, ResourceNotFound, RhineError

from . import snapshot
from .control import ask
from .lock import Lock, read
from .progress import Progress

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1024**2
_PACKED = (".parquet", ".gz", ".zst", ".zip", ".png", ".jpg", ".pmtiles")  # these do not become smaller


class Entry(msgspec.Struct, frozen=True):
    bytes: int
    sha256: str
    mode: int


class Manifest(msgspec.Struct, frozen=True):
    """What an archive says of itself."""

    format: int
    program: str
    made_at: str
    files: dict[str, Entry]


def backup(data: Path, target: Path | None = None) -> Path:
    """Writes a verified archive of the city on `data`, running or not; gives its path.

    Raises:
        ResourceNotFound: there is no city. AlreadyExists, InvalidRequest: the archive cannot be written there.
    """
    if not data.is_dir() or not any(data.iterdir()):
        raise ResourceNotFound(f"There is no city in {data}")
    stamp = iso(now_us() // 1_000_000 * 1_000_000).replace(":", "")
    archive = target or Path(f"rhinecloud-{stamp}.zip")
    if archive.is_dir():
        archive = archive / f"rhinecloud-{stamp}.zip"
    if archive.exists():
        raise Conflict(f"{archive} exists already; a backup never replaces one")
    folder = snapshot.scratch(data)
    try:
        if read(data):
            ask(data, "backup", folder=str(folder.resolve()), timeout_s=3600)
        else:
            with Lock(data):
                snapshot.of_stopped(data, folder)
        _pack(folder, archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return archive


def _pack(folder: Path, archive: Path) -> None:
    """Packs, reads it back, and only then gives it its name."""
    files = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    partial = archive.with_name(archive.name + ".partial")
    try:
        handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise InvalidRequest(f"{partial} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            with Progress("Packing", sum(p.stat().st_size for p in files.values()), "bytes") as progress:
                entries = {name: _entry(path) for name, path in files.items()}
                manifest = Manifest(FORMAT, __version__, iso(now_us()), entries)
                with zipfile.ZipFile(file, "w", allowZip64=True) as packed:
                    packed.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)), zipfile.ZIP_DEFLATED)
                    for name, path in files.items():
                        packed.write(path, name, zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED)
                        progress.advance(entries[name].bytes)
            file.flush()
            os.fsync(file.fileno())
        verify(partial)
        partial.rename(archive)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _entry(path: Path) -> Entry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry(path.stat().st_size, digest, path.stat().st_mode & 0o777)


def verify(archive: Path) -> Manifest:
    """Reads every byte of an archive and compares it with the manifest.

    Raises:
        ResourceNotFound: there is no such file.
        BadRequestData: it is no archive of ours, or not what it was; the message names the file.
    """
    with _open(archive) as packed:
        manifest = _manifest(packed, archive)
        strange = sorted(set(packed.namelist()) - {MANIFEST} - manifest.files.keys())
        if strange:
            raise BadRequestData(f"{archive} holds {strange[0]}, which its manifest does not name")
        with Progress("Verifying", sum(e.bytes for e in manifest.files.values()), "bytes") as progress:
            for name, entry in manifest.files.items():
                _extract(packed, name, entry, None, archive, progress)
    return manifest


def restore(archive: Path, data: Path, *, force: bool = False) -> tuple[Manifest, Path | None]:
    """Puts an archive's city on `data`; gives its manifest, and where a city that was there has been put aside.

    Everything is unpacked and verified beside `data` first: until then nothing there is touched.

    Raises:
        Conflict: a city runs there, or there is one and `force` is not given.
        BadRequestData: the archive is not what it was.
    """
    if read(data):
        raise Conflict(f"A city runs on {data}; stop it before restoring")
    there = data.is_dir() and any(p.name != "rhinecloud.lock" for p in data.iterdir())
    if there and not force:
        raise Conflict(
            f"There is a city in {data} already. With --force it is put aside, not deleted; or name another --data"
        )
    parent = data.resolve().parent
    parent.mkdir(parents=True, exist_ok=True)
    folder = snapshot.scratch(parent)
    try:
        with _open(archive) as packed:
            manifest = _manifest(packed, archive)
            with Progress("Restoring", sum(e.bytes for e in manifest.files.values()), "bytes") as progress:
                for name, entry in manifest.files.items():
                    _extract(packed, name, entry, folder / name, archive, progress)
        for file in folder.rglob("*.db"):
            _check(file)
        if (folder / "secrets").is_dir():
            (folder / "secrets").chmod(0o700)
        aside = _put_aside(data) if there else None
        if data.is_dir():
            shutil.rmtree(data)
        folder.rename(data.resolve())
        data.chmod(0o755)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return manifest, aside


def _put_aside(data: Path) -> Path:
    aside = data.with_name(f"{data.name}.before-restore-{iso(now_us()).replace(':', '')}")
    data.rename(aside)
    return aside


def _open(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except FileNotFoundError as error:
        raise ResourceNotFound(f"{archive} does not exist") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise BadRequestData(f"{archive} is no backup, or is damaged: {error}") from error


def _manifest(packed: zipfile.ZipFile, archive: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(packed.read(MANIFEST), type=Manifest)
    except (KeyError, msgspec.DecodeError, zipfile.BadZipFile) as error:
        raise BadRequestData(f"{archive} is no backup of a city: {error}") from error
    if manifest.format != FORMAT:
        raise BadRequestData(
            f"{archive} was made by a newer program ({manifest.program}); install that one to restore it"
        )
    for name in manifest.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise BadRequestData(f"{archive} names {name}, which would lie outside of the city")
    return manifest


def _extract(
    packed: zipfile.ZipFile, name: str, entry: Entry, goal: Path | None, archive: Path, progress: Progress
) -> None:
    """Reads one file, into `goal` where there is one, and compares its hash."""
    digest = hashlib.sha256()
    try:
        with packed.open(name) as source:
            file = _create(goal, entry.mode) if goal else None
            try:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    progress.advance(len(chunk))
                    if file:
                        file.write(chunk)
            finally:
                if file:
                    file.flush()
                    os.fsync(file.fileno())
                    file.close()
    except (KeyError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise BadRequestData(f"{archive} is damaged at {name}: {error}") from error
    if digest.hexdigest() != entry.sha256:
        raise BadRequestData(f"{archive} is damaged: {name} is not what it was when the backup was made")


def _create(goal: Path, mode: int) -> BinaryIO:
    goal.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(goal, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o777), "wb")


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
            said = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise RhineError(f"{file.name} in the backup is damaged: {said}")
