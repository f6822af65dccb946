"""Forms of feeds and files that packs bring: bytes → entities as NGSI-LD has them → Updates, record by record.

A form is a value with `id`, `sniff(name, head)` and `read(data)` (`kit.Reader`); what it gives is an object with id and
type, or something with `reason`, `detail` and `raw` for a record that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Update

from .ngsild import read_entity
from .runs import Origin, Outcome, Rejection

HEAD: Final = 64 * 1024
"""Bytes of a file by which its form is told."""


class PackForm(Protocol):
    """What a pack brings to read a form by."""

    @property
    def id(self) -> str: ...
    def sniff(self, name: str, head: bytes, /) -> bool: ...
    def read(self, data: bytes, /) -> Iterator[Any]: ...


def form_of(name: str, head: bytes, forms: Iterable[PackForm]) -> PackForm | None:
    """The first form that takes a file for its own; one whose look at it fails does not."""
    for form in forms:
        try:
            if form.sniff(name, head):
                return form
        except Exception:  # noqa: S112 - a stranger's code; the next form may know the file
            continue
    return None


def items_of(form: PackForm, data: bytes, model: Model, source: str) -> Iterator[Update | Rejection]:
    """Every record of the document, in its order.

    Raises:
        Unreadable: the document as a whole is not of this form.
    """
    try:
        for record in form.read(data):
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
        update = read_entity(record, model)
    except (Unreadable, BadRequestData) as error:
        reason = error.reason if isinstance(error, Unreadable) else "bad value"
        return Rejection(reason, error.detail, msgspec.json.encode(record)[:65_536])
    update.source = source
    return update


def read_answer(form: PackForm, data: bytes, model: Model, origin: Origin) -> Outcome:
    """A feed's answer; what could not be read of it is told in one sentence, with the first of them.

    Raises:
        Unreadable: the answer as a whole is not of this form.
    """
    updates: list[Update] = []
    refused: list[Rejection] = []
    for item in items_of(form, data, model, origin.source):
        if isinstance(item, Update):
            item.received_us, item.raw = origin.received_us, origin.raw
            updates.append(item)
        else:
            refused.append(item)
    if not refused:
        return Outcome(updates, None)
    total = len(updates) + len(refused)
    detail = f"{len(refused)} of {total} records cannot be read; the first: {refused[0].detail}"
    return Outcome(updates, Unreadable(detail, reason=refused[0].reason))
