"""A commit's changes as bytes, for the outbox and the backbone: columns, each in the shortest form that it allows.

Most columns say little: a batch has one source and few attributes, an entity all rows of its update. Kept word by word
an observation took 290 bytes, and most of the time of a commit went into writing them; like this it takes some 20.

    {"=": value}                     the same in every row
    {"r": [value, …]}                the same in every row of an update, see `runs`
    {"w": [value, …], "c": bytes}    few values, and for each row a byte that says which
    {"v": [value, …]}                one a row
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby, repeat
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from .model import Changes

COLUMNS: Final = Changes.__struct_fields__[3:]
_OF_UPDATE: Final = frozenset(("entity", "received_us", "raw"))  # an update has one of each
_WORDS: Final = 256


class Commit(NamedTuple):
    """What one commit changed, as it is and packed: who made it or read it has both."""

    sequence: int
    packed: bytes
    changes: Changes


class _Packed(msgspec.Struct, array_like=True, gc=False):
    tenant: str
    sequence: int
    committed_us: int
    rows: int
    runs: list[int]  # rows of each update; empty: one each
    columns: list[dict[str, Any]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(changes: Changes, runs: Sequence[int] | None = None) -> bytes:
    """Bytes of the changes; `runs`, where it is known: how many rows each update has, one after another."""
    if runs is None:
        runs = _runs(changes)
    rows = len(changes)
    single = len(runs) == rows
    starts = None if single else list(accumulate(runs[:-1], initial=0))
    columns = []
    for name in COLUMNS:
        values = getattr(changes, name)
        if name in _OF_UPDATE and starts is not None:
            columns.append({"r": [values[at] for at in starts]})
        else:
            columns.append(_column(values, rows, few=name not in ("entity", "number", "raw")))
    told = [] if single else list(runs)
    return _encode(_Packed(changes.tenant, changes.sequence, changes.committed_us, rows, told, columns))


def _runs(changes: Changes) -> list[int]:
    updates = zip(*(getattr(changes, name) for name in sorted(_OF_UPDATE)), strict=True)
    return [sum(1 for _ in rows) for _, rows in groupby(updates)]


def _column(values: list[Any], rows: int, *, few: bool) -> dict[str, Any]:
    first = values[0] if values else None
    if values.count(first) == rows:
        return {"=": first}
    if few:
        words = dict.fromkeys(values)
        if len(words) <= min(_WORDS, rows // 2):
            codes = {word: code for code, word in enumerate(words)}
            return {"w": list(words), "c": bytes(map(codes.__getitem__, values))}
    return {"v": values}


def unpack(packed: bytes) -> Changes:
    """What was packed.

    Raises:
        msgspec.DecodeError: these bytes are something else.
    """
    found = _decode(packed)
    columns: Any = [_values(column, found.rows, found.runs) for column in found.columns]
    return Changes(found.tenant, found.sequence, found.committed_us, *columns)


def _values(column: dict[str, Any], rows: int, runs: list[int]) -> list[Any]:
    if "=" in column:
        return [column["="]] * rows
    if "c" in column:
        words, codes = column["w"], column["c"]
        return list(itemgetter(*codes)(words)) if rows > 1 else [words[code] for code in codes]
    if "r" in column:
        return [value for value, count in zip(column["r"], runs, strict=True) for value in repeat(value, count)]
    values: list[Any] = column["v"]
    return values
