"""One HTTP exchange as plain ASGI: what was asked, read within bounds, and what is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from rhinecloud.base.errors import InvalidRequest, LengthRequired, PayloadTooLarge

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON: Final = b"application/json"
LONGEST_QUERY: Final = 32 * 1024  # bytes
REMEMBERED_QUERY: Final = 2 * 1024
MOST_PARAMETERS: Final = 100
_NONE: Final[Mapping[str, str]] = {}


class Answer(msgspec.Struct):
    """What is sent back; without a body there is no Content-Type either."""

    status: int
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = []


class Gone(Exception):
    """The client went away while it was still sending: nobody waits for an answer."""


class Asked:
    """A request: its method, path, parameters and headers; the body comes when it is read."""

    __slots__ = ("_headers", "_receive", "method", "query", "raw_path", "scope", "segments")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self._receive = receive
        self._headers = _joined(scope["headers"])
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        self.raw_path = raw.partition(b"?")[0] if b"?" in raw else raw
        self.segments = _segments(self.raw_path)
        query = scope.get("query_string", b"")
        self.query: Mapping[str, str] = _parameters(query) if query else _NONE

    @property
    def path(self) -> str:
        """The address without its parameters, quoted as it came."""
        return self.raw_path.decode("ascii", "ignore").rstrip("/")

    def header(self, name: bytes) -> str:
        """A header's value, "" where there is none; several of them joined by a comma."""
        found = self._headers.get(name)
        return found.decode("latin-1") if found else ""

    async def body(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            LengthRequired: the request does not say how long it is.
            PayloadTooLarge: it is longer than `limit` bytes.
        """
        length = self.header(b"content-length")
        if not length:
            raise LengthRequired
        if not length.isdigit() or int(length[:20]) > limit:
            raise PayloadTooLarge(f"The body is larger than {limit} bytes; send it in parts")
        first = await self._receive()
        if first["type"] == "http.disconnect":
            raise Gone
        if not first.get("more_body"):
            return first.get("body", b"")  # type: ignore[no-any-return]
        chunks = bytearray(first.get("body", b""))
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunks += message.get("body", b"")
            more = message.get("more_body", False)
            if len(chunks) > limit:
                raise PayloadTooLarge(f"The body is larger than {limit} bytes; send it in parts")
        return bytes(chunks)


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by name; those that are there several times, joined by commas."""
    pairs = list(headers)
    found = dict(pairs)
    if len(found) < len(pairs):
        for name in found:
            found[name] = b", ".join(value for key, value in pairs if key == name)
    return found


def _segments(path: bytes) -> list[str]:
    """What stands between the slashes.

    Split before unquoting: an id may contain a quoted slash. A slash at the end means nothing, but an empty segment
    elsewhere stays: it is a variable without a value.
    """
    inner = path.strip(b"/")
    if b"%" not in inner:
        return _text(inner).split("/")
    return [_text(unquote_to_bytes(part)) for part in inner.split(b"/")]


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("The address is not UTF-8") from error


def parameters(raw: bytes) -> dict[str, str]:
    """The parameters of a query string.

    Raises:
        InvalidRequest: it is not UTF-8, too long, or a parameter is there twice.
    """
    if len(raw) > LONGEST_QUERY:
        raise InvalidRequest(f"The query string is longer than {LONGEST_QUERY} bytes; send the query by POST")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except (UnicodeError, ValueError) as error:
        raise InvalidRequest("The query string is not well-formed UTF-8 with percent signs") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest("A parameter is there twice")
    return found


@lru_cache(maxsize=1024)
def _remembered(raw: bytes) -> Mapping[str, str]:
    return parameters(raw)


def _parameters(raw: bytes) -> Mapping[str, str]:
    """The same; a query that is not too long to keep is read once for all who ask it again."""
    return _remembered(raw) if len(raw) < REMEMBERED_QUERY else parameters(raw)


async def send_answer(send: Send, answer: Answer, *, head: bool = False) -> None:
    """Sends the answer; one to HEAD without its body."""
    headers = answer.headers
    if answer.status != 204:
        headers = [*headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
