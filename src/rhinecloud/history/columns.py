"""From the outbox's messages to columns that DuckDB takes, at well under a microsecond a row.

msgpack keeps a column as one array. Columns of numbers nearly always have one width throughout: NumPy then reads
all of them in one step, without a Python object a value. Where that does not hold, msgspec decodes them one by one.
Missing integers are INT64_MIN, missing numbers NaN; the inserting SQL turns both into NULL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import numpy as np

    Column = np.ndarray[Any, Any]

NONE = -(2**63)
"""Stands for a missing instant on the way into DuckDB."""


class Encoded(msgspec.Struct, array_like=True, gc=False):
    """`base.model.Changes`, its columns of numbers left as they lie in the message."""

    tenant: str
    sequence: int
    committed_us: int
    entity: list[str]
    type: list[str]
    attr: list[str]
    dataset: msgspec.Raw
    change: msgspec.Raw
    observed_us: msgspec.Raw
    received_us: msgspec.Raw
    number: msgspec.Raw
    body: msgspec.Raw
    flags: msgspec.Raw
    source: list[str]
    raw: list[str]
    seen: msgspec.Raw


_message = msgspec.msgpack.Decoder(Encoded)
_integers = msgspec.msgpack.Decoder(list[int | None])
_numbers = msgspec.msgpack.Decoder(list[float | None])
_truths = msgspec.msgpack.Decoder(list[bool])
_texts = msgspec.msgpack.Decoder(list[str])
_bodies = msgspec.msgpack.Decoder(list[bytes | None])


def read(messages: Sequence[bytes]) -> dict[str, Column]:
    """The columns of all `messages`, one after another; shape (rows,) each, `seen` as booleans."""
    import numpy as np

    parts = [part for part in map(_message.decode, messages) if part.entity]
    columns: dict[str, Column] = {}
    for name in ("entity", "type", "attr", "source", "raw"):
        texts: list[str] = []
        for part in parts:
            texts += getattr(part, name)
        columns[name] = np.array(texts, dtype=object)
    for name, decode in _DECODERS.items():
        pieces = [decode(getattr(part, name), len(part.entity)) for part in parts]
        columns[name] = np.concatenate(pieces) if pieces else np.array([], dtype=object)
    return columns


def _payload(raw: msgspec.Raw) -> memoryview:
    whole = memoryview(raw)
    first = whole[0]
    return whole[1 if first < 0xA0 else 3 if first == 0xDC else 5 :]


def _bytes(payload: memoryview, rows: int) -> Column | None:
    """One byte a row, where every value takes just one."""
    import numpy as np

    return np.frombuffer(payload, "u1", rows) if len(payload) == rows else None


def _small(raw: msgspec.Raw, rows: int) -> Column:
    import numpy as np

    found = _bytes(_payload(raw), rows)
    if found is not None and not (found > 0x7F).any():
        return found.astype("i4")
    return np.array(_integers.decode(raw), dtype="i4")


def _instants(raw: msgspec.Raw, rows: int) -> Column:
    import numpy as np

    payload = _payload(raw)
    if len(payload) == 9 * rows:
        wide = np.frombuffer(payload, np.dtype([("kind", "u1"), ("value", ">i8")]), rows)
        if ((wide["kind"] == 0xCF) | (wide["kind"] == 0xD3)).all():
            return wide["value"].astype("i8")
    elif (found := _bytes(payload, rows)) is not None and (found == 0xC0).all():
        return np.full(rows, NONE, dtype="i8")
    return np.array([NONE if value is None else value for value in _integers.decode(raw)], dtype="i8")


def _figures(raw: msgspec.Raw, rows: int) -> Column:
    import numpy as np

    payload = _payload(raw)
    if len(payload) == 9 * rows:
        wide = np.frombuffer(payload, np.dtype([("kind", "u1"), ("value", ">f8")]), rows)
        if (wide["kind"] == 0xCB).all():
            return wide["value"].astype("f8")
    elif (found := _bytes(payload, rows)) is not None and (found == 0xC0).all():
        return np.full(rows, np.nan)
    return np.array(_numbers.decode(raw), dtype="f8")


def _seen(raw: msgspec.Raw, rows: int) -> Column:
    import numpy as np

    found = _bytes(_payload(raw), rows)
    return found == 0xC3 if found is not None else np.array(_truths.decode(raw), dtype=bool)


def _dataset(raw: msgspec.Raw, rows: int) -> Column:
    import numpy as np

    found = _bytes(_payload(raw), rows)
    if found is not None and (found == 0xA0).all():
        return np.full(rows, "", dtype=object)
    return np.array(_texts.decode(raw), dtype=object)


def _body(raw: msgspec.Raw, rows: int) -> Column:
    import numpy as np

    found = _bytes(_payload(raw), rows)
    if found is not None and (found == 0xC0).all():
        return np.full(rows, None, dtype=object)
    bodies = [body if body is None else body.decode("utf-8") for body in _bodies.decode(raw)]
    column = np.empty(len(bodies), dtype=object)
    column[:] = bodies
    return column


_DECODERS = {
    "dataset": _dataset,
    "change": _small,
    "observed_us": _instants,
    "received_us": _instants,
    "number": _figures,
    "body": _body,
    "flags": _small,
    "seen": _seen,
}
