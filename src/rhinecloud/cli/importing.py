"""`rhinecloud import`: files into the running city, item by item, resumable, with nothing dropped in silence.

Items go through the city's control socket and not its NGSI-LD door: they are observations of the past, and an
observation never replaces a newer one, which no operation of that standard says. What was taken in is noted in
DATA/imports after each batch; the same file again goes on behind it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, InvalidRequest, ResourceNotFound
from rhinecloud.base.model import Update

from .control import ask
from .lock import running
from .progress import Progress
from .terminal import SAY

if TYPE_CHECKING:
    from rhinecloud.connect import File, Mapping

BATCH = 1_000
COUNTED = 64 * 1024**2  # bytes: a larger file is not read twice only to know its length


class Sum(msgspec.Struct):
    """What became of a file's items."""

    taken: int = 0
    refused: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    rejects: Path | None = None


def import_file(
    data: Path,
    path: Path,
    *,
    tenant: str,
    kind: str = "",
    mapping: Path | None = None,
    zone: str = "",
    again: bool = False,
) -> Sum:
    """Brings one file in; gives what became of its items.

    Raises:
        ResourceNotFound, Unreadable: there is no such file, or it is not of a form that is read.
        Unavailable: the city does not run, or stopped on the way; the next call goes on where this one ended.
    """
    from rhinecloud.connect import open_file
    from rhinecloud.kit import packs

    running(data)
    if not path.is_file():
        raise ResourceNotFound(f"{path} is no file")
    brought = packs()
    model = Model(kind for pack in brought for kind in pack.types)
    forms = () if kind else [form for pack in brought for form in pack.readers]
    file = open_file(path, model, kind=kind, mapping=_mapping(mapping), zone=zone or "Europe/Berlin", forms=forms)
    for line in file.explanation:
        SAY.print(f"  {path.name}: {line}", style="dim", markup=False)
    position = Position(data, path, tenant)
    if again:
        position.reset()
    if position.done:
        SAY.print(
            f"  {path.name} has been taken in already; --again takes it in once more", style="yellow", markup=False
        )
        return Sum()
    if position.after:
        SAY.print(f"  {path.name}: going on behind item {position.after}", style="dim", markup=False)
    found = Sum(rejects=position.rejects)
    with Rejects(found) as rejects, Progress(path.name, _total(file), "things") as progress:
        progress.advance(position.after)
        for batch in _batches(file, position.after):
            _send(data, tenant, batch, rejects, found)
            position.note(batch[-1][0])
            progress.advance(len(batch))
    position.finish()
    if not found.refused:
        found.rejects = None
    return found


def _mapping(path: Path | None) -> Mapping | None:
    if path is None:
        return None
    from rhinecloud.connect import Mapping

    try:
        return msgspec.json.decode(path.read_bytes(), type=Mapping)
    except OSError as error:
        raise ResourceNotFound(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"{path} is no mapping: {error}") from error


def _total(file: File) -> int | None:
    return file.count() if file.size <= COUNTED else None


Batch = list[tuple[int, Any]]


def _batches(file: File, after: int) -> Iterator[Batch]:
    items = file.read(after)
    while batch := list(islice(items, BATCH)):
        yield batch


def _send(data: Path, tenant: str, batch: Batch, rejects: Rejects, found: Sum) -> None:
    updates = [(at, item) for at, item in batch if isinstance(item, Update)]
    for at, item in batch:
        if not isinstance(item, Update):
            rejects.add(at, item.reason, item.detail, item.raw.decode("utf-8", "replace"))
    if not updates:
        return
    answers = ask(data, "write", tenant=tenant, updates=[msgspec.to_builtins(update) for _, update in updates])
    for (at, update), refusal in zip(updates, answers, strict=True):
        if refusal:
            rejects.add(at, "refused", refusal, msgspec.json.encode(update.entity).decode())
        else:
            found.taken += 1


class Rejects:
    """The file of what was not taken in, a JSON object a line; made when there is something to write."""

    def __init__(self, found: Sum) -> None:
        self._found = found
        self._file: TextIO | None = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, position: int, reason: str, detail: str, raw: str) -> None:
        if self._file is None:
            assert self._found.rejects
            try:
                self._found.rejects.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._found.rejects.open("a", encoding="utf-8")
            except OSError as error:
                raise BadRequestData(f"{self._found.rejects} cannot be written: {error.strerror}") from error
        line = {"position": position, "reason": reason, "detail": detail, "raw": raw}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._found.refused += 1
        self._found.reasons[f"{reason}: {detail}"[:200]] += 1


class Position:
    """Up to which item a file has been taken in, in DATA/imports; a file that has changed is another file."""

    def __init__(self, data: Path, path: Path, tenant: str) -> None:
        seen = path.stat()
        name = f"{tenant}\n{path.resolve()}\n{seen.st_size}\n{seen.st_mtime_ns}"
        self._path = data / "imports" / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"
        # Not beside the file: its folder may be somebody else's, or read by another program.
        self.rejects = self._path.with_name(f"{path.name}.{self._path.stem[:8]}.rejects.jsonl")
        self._told = {"file": str(path.resolve()), "tenant": tenant}
        self.after, self.done = 0, False
        try:
            told = json.loads(self._path.read_text("utf-8"))
            self.after, self.done = int(told["after"]), bool(told["done"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # the first time, or a torn note: importing twice changes nothing

    def note(self, after: int, done: bool = False) -> None:
        self.after, self.done = after, done
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({**self._told, "after": after, "done": done}), "utf-8")
        fresh.replace(self._path)

    def finish(self) -> None:
        self.note(self.after, done=True)

    def reset(self) -> None:
        self._path.unlink(missing_ok=True)
        self.rejects.unlink(missing_ok=True)
        self.after, self.done = 0, False
