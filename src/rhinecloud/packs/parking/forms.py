"""The forms of files and feeds that this pack reads. What reads them is loaded when the first comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rhinecloud.kit import Bad, Label, Reader


def _is_datex2(name: str, head: bytes) -> bool:
    if not any(mark in head for mark in (b"<", b"<\x00", b"\x00<")):
        return False
    from .datex2 import is_datex2

    return is_datex2(name, head)


def _read_datex2(data: bytes) -> Iterator[dict[str, Any] | Bad]:
    from .datex2 import read

    return read(data)


def _is_parkapi(name: str, head: bytes) -> bool:
    from .parkapi import is_parkapi

    return is_parkapi(name, head)


def _read_parkapi(data: bytes) -> Iterator[dict[str, Any] | Bad]:
    from .parkapi import read

    return read(data)


READERS = (
    Reader(
        id="parking.datex2",
        label=Label(
            de="DATEX II, Parken (Version 2 und 3, MDM-Profile)", en="DATEX II parking (v2 and v3, MDM profiles)"
        ),
        sniff=_is_datex2,
        read=_read_datex2,
    ),
    Reader(
        id="parking.parkapi",
        label=Label(de="ParkAPI (Version 1 und 3)", en="ParkAPI (version 1 and 3)"),
        sniff=_is_parkapi,
        read=_read_parkapi,
    ),
)
