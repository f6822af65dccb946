"""Forms of feeds and files that packs bring: bytes → entities as NGSI-LD has them → Updates, record by record.

A form is a value with `id`, `sniff(name, head)` and `read(data)` (`kit.Reader`); what it gives is an object with id and
type, or something with `reason`, `detail` and `raw` for a record that cannot be read. What is packed with gzip is
unpacked first. An id that begins with neither "urn:" nor "http" is one of its source alone and gets the source's name:
"ParkingSite:12" of parking-bonn-static.json becomes urn:ngsi-ld:ParkingSite:parking-bonn:12.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Update
from rhinecloud.base.telemetry import logger

from .ngsild import read_entity
from .runs import Origin, Outcome, Rejection

HEAD: Final = 64 * 1024
"""Bytes of a file by which its form is told."""


MAX_UNPACKED: Final = 512 * 1024**2

log = logger("connect")

Owner = Callable[[str, str], str | None]


class PackForm(Protocol):
    """What a pack brings to read a form by."""

    @property
    def id(self) -> str: ...
    def sniff(self, name: str, head: bytes, /) -> bool: ...
    def read(self, data: bytes, /) -> Iterator[Any]: ...


def form_of(name: str, head: bytes, forms: Iterable[PackForm]) -> PackForm | None:
    """The first form that takes a file for its own; one whose look at it fails does not."""
    head = _beginning(head)
    for form in forms:
        try:
            if form.sniff(name, head):
                return form
        except Exception:  # a stranger's code; the next form may know the file
            log.exception("form_stumbled", form=form.id, file=name)
    return None


def items_of(form: PackForm, data: bytes, model: Model, source: str) -> Iterator[Update | Rejection]:
    """Every record of the document, in its order.

    Raises:
        Unreadable: the document as a whole is not of this form.
    """
    try:
        for record in form.read(unpacked(data)):
            yield _item(record, model, source)
    except Unreadable:
        raise
    except Exception as error:  # a stranger's code; what it raises says what it knows
        known = isinstance(error, ValueError)
        said = str(error) if known else f"{type(error).__name__}: {error}"
        raise Unreadable(f"The document cannot be read as {form.id}: {said}", reason="not of its form") from error


def _item(record: Any, model: Model, source: str) -> Update | Rejection:
    if not isinstance(record, dict):
        return Rejection(str(record.reason), str(record.detail), bytes(record.raw))
    try:
        update = read_entity(_named(record, source_name(source.partition(":")[2])), model)
    except (Unreadable, BadRequestData) as error:
        reason = error.reason if isinstance(error, Unreadable) else "bad value"
        return Rejection(reason, error.detail, msgspec.json.encode(record)[:65_536])
    update.source = source
    return update


def read_answer(form: PackForm, data: bytes, model: Model, origin: Origin, owner: Owner) -> Outcome:
    """What a feed answers or a device sends; what could not be read is told in one sentence, with the first of it.

    Args:
        owner: (tenant, entity) → the device that it belongs to; another device cannot write it.
    Raises:
        Unreadable: the answer as a whole is not of this form.
    """
    updates: list[Update] = []
    refused: list[Rejection] = []
    for item in items_of(form, data, model, origin.source):
        if not isinstance(item, Update):
            refused.append(item)
        elif origin.device and (theirs := owner(origin.tenant, item.id)) and theirs != origin.device:
            refused.append(Rejection("not its entity", f"Entity {item.id} belongs to device {theirs}", b""))
        else:
            item.received_us, item.raw = origin.received_us, origin.raw
            updates.append(item)
    if not refused:
        return Outcome(updates, None)
    total = len(updates) + len(refused)
    detail = f"{len(refused)} of {total} records cannot be read; the first: {refused[0].detail}"
    return Outcome(updates, Unreadable(detail, reason=refused[0].reason))


def source_name(told: str) -> str:
    """A file's, feed's or device's name as a part of ids: one name for its static and its live half.

    "bonn-static.json", "bonn_realtime_2026-11-22.json" and the feed "bonn" are all "bonn".
    """
    leaf = told.rpartition("/")[2]
    stem = leaf.partition(".")[0] or leaf
    whole = re.sub(r"[^a-z0-9]+", "-", stem.lower().translate(_UMLAUTS)).strip("-")[:80]
    words = [word for word in whole.split("-") if word not in _HALVES and not word.isdigit()]
    return "-".join(words) or whole or "source"


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_HALVES: Final = frozenset(
    (
        *("static", "realtime", "live", "status", "table", "dynamic", "current", "latest", "combined"),
        *("stamm", "stammdaten", "statisch", "dynamisch", "belegung"),
    )
)


def _named(entity: dict[str, Any], source: str) -> dict[str, Any]:
    """The entity with whole ids."""
    done = dict(entity)
    for name, value in entity.items():
        if name == "id":
            done[name] = _whole(value, source)
        elif isinstance(value, dict) and isinstance(value.get("object"), str):
            done[name] = value | {"object": _whole(value["object"], source)}
    return done


def _whole(name: Any, source: str) -> Any:
    if not isinstance(name, str) or re.match(r"(urn|https?):", name):
        return name
    kind, _, own = name.partition(":")
    return f"urn:ngsi-ld:{kind}:{source}:{own}" if own else name


def unpacked(data: bytes, limit: int = MAX_UNPACKED) -> bytes:
    """The bytes themselves, or what gzip packed into them.

    Raises:
        Unreadable: it does not unpack, or to more than `limit`.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpack, out, size, rest = zlib.decompressobj(31), list[bytes](), 0, data
    try:
        while rest and not unpack.eof:
            out.append(unpack.decompress(rest, 1024**2))
            size, rest = size + len(out[-1]), unpack.unconsumed_tail
            if size > limit:
                raise Unreadable(f"It unpacks to more than {limit // 1024**2} MB", reason="too large")
    except zlib.error as error:
        raise Unreadable(f"It is packed with gzip, but does not unpack: {error}", reason="not of its form") from error
    if not unpack.eof:
        raise Unreadable("It is packed with gzip, and breaks off", reason="broken file")
    return b"".join(out)


def _beginning(head: bytes) -> bytes:
    if not head.startswith(b"\x1f\x8b"):
        return head
    try:
        return zlib.decompressobj(31).decompress(head, HEAD)
    except zlib.error:
        return b""
