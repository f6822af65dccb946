"""Evidence: the raw message behind a figure, as it came in."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud.base.errors import ResourceNotFound, Unavailable
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visits

from .data import answer, moment

MOST: Final = 64 * 1024
"""Bytes of a message that are shown."""


class Raw(msgspec.Struct, kw_only=True, rename="camel"):
    """A message for people: as text where it is text, as hex where it is not."""

    subject: str
    stored_ms: int
    size: int
    text: str
    hex: bool
    cut: bool  # it is longer than shown


def routes(rooms: Rooms, visits: Visits) -> list[Any]:
    @get("/web/raw")
    async def raw(request: AnyRequest) -> Response[bytes]:
        """The message that a figure was read from, found through the figure's own past, so that nobody reads another
        tenant's messages by guessing numbers."""
        visit = await visits.of(request)
        visits.demand(visit, "quality.read")
        if rooms.histories is None or rooms.backbone is None:
            raise Unavailable("Raw messages are not kept in this installation")
        query = request.query_params
        at_us = moment(query.get("at", ""))
        history = rooms.histories.open(visit.tenant)
        found = await history.series(
            query.get("id", ""),
            query.get("attr", ""),
            dataset=query.get("dataset", ""),
            start_us=at_us,
            end_us=at_us + 1000,
            limit=1,
        )
        match = re.fullmatch(r"([^/]+)/(\d{1,18})", found.raw[0]) if found.raw else None
        if match is None:
            raise ResourceNotFound("This figure did not come in as a message")
        message = await rooms.backbone.replay(match[1], int(match[2]))
        return answer(readable(message.subject, message.stored_us, message.data))

    return [raw]


def readable(subject: str, stored_us: int, data: bytes) -> Raw:
    """The message for people."""
    head = data[:MOST]
    try:
        text, is_hex = head.decode("utf-8"), False
        if any(ord(c) < 32 and c not in "\t\r\n" for c in text):
            raise UnicodeDecodeError("utf-8", head, 0, 1, "control characters")
    except UnicodeDecodeError:
        text, is_hex = head.hex(" "), True
    if not is_hex and text.lstrip()[:1] in ("{", "["):
        with suppress(msgspec.DecodeError):  # else it is shown as it came
            text = msgspec.json.format(head, indent=2).decode()
    return Raw(
        subject=subject, stored_ms=stored_us // 1000, size=len(data), text=text, hex=is_hex, cut=len(data) > MOST
    )
