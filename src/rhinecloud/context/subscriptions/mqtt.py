"""Publishing one message to somebody's MQTT server, and knowing that it arrived: connect, publish, wait, disconnect.

Our own, because a notification needs just this, with its acknowledgement awaited and a checked address connected to;
the libraries we know reconnect by themselves and acknowledge out of sight.
Source: MQTT 3.1.1 and 5.0, chapter 3 (CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

import msgspec

CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP = 0x20, 0x40, 0x50, 0x62, 0x70
KEEP_ALIVE_S: Final = 60
LONGEST: Final = 64 * 1024  # of a packet that we read


class Refused(Exception):
    """The server says no, with its code."""


class Broker(msgspec.Struct, frozen=True):
    """Where to, and as whom. `server_name` is what the certificate has to be for."""

    address: str
    port: int
    server_name: str = ""
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    version: Literal[4, 5] = 5  # protocol level: 4 is MQTT 3.1.1


async def publish(broker: Broker, topic: str, payload: bytes, *, qos: int = 0) -> None:
    """Publishes a message; with QoS 1 and 2, returns when the server has taken responsibility for it.

    Raises:
        OSError, EOFError: no connection, or it broke. Refused: the server does not want us, or the message.
    """
    async with _connected(broker) as (reader, writer):
        number = b"\x00\x01" if qos else b""
        properties = b"\x00" if broker.version == 5 else b""
        writer.write(_packet(0x30 | qos << 1, _text(topic) + number + properties + payload))
        await writer.drain()
        if qos == 1:
            await _acknowledged(reader, PUBACK)
        elif qos == 2:
            await _acknowledged(reader, PUBREC)
            writer.write(_packet(PUBREL, number))
            await _acknowledged(reader, PUBCOMP)
        writer.write(_packet(0xE0, b""))
        await writer.drain()


@asynccontextmanager
async def _connected(broker: Broker) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(
        broker.address, broker.port, ssl=broker.tls, server_hostname=broker.server_name if broker.tls else None
    )
    try:
        writer.write(_connect(broker))
        await writer.drain()
        kind, body = await _read(reader)
        if kind != CONNACK or len(body) < 2:
            raise Refused("it does not speak MQTT")
        if body[1]:
            raise Refused(f"it refuses the connection with code {body[1]}")
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


def _connect(broker: Broker) -> bytes:
    flags = 0x02 | (0x80 if broker.user else 0) | (0x40 if broker.password else 0)  # always a clean session
    body = _text("MQTT") + bytes([broker.version, flags]) + KEEP_ALIVE_S.to_bytes(2, "big")
    if broker.version == 5:
        body += b"\x00"
    body += _text(f"rhinecloud-{secrets.token_hex(6)}")
    if broker.user:
        body += _text(broker.user)
    if broker.password:
        body += _text(broker.password)
    return _packet(0x10, body)


async def _acknowledged(reader: asyncio.StreamReader, wanted: int) -> None:
    while True:
        kind, body = await _read(reader)
        if kind == wanted:
            # In MQTT 5 a reason code may follow the packet's number; from 0x80 on it is a refusal.
            if len(body) > 2 and body[2] >= 0x80:
                raise Refused(f"it refuses the message with code {body[2]}")
            return
        if kind == 0xE0:
            raise Refused("it ends the connection")


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
        if shift > 21:
            raise Refused("it does not speak MQTT")
    if length > LONGEST:
        raise Refused("it sends too much")
    return kind, await reader.readexactly(length)


def _packet(kind: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)[0], left % 128
        length += bytes([digit | 0x80 if left else digit])
        if not left:
            return bytes([kind]) + length + body


def _text(text: str) -> bytes:
    raw = text.encode("utf-8")
    if len(raw) > 65_535:
        raise ValueError("a text of MQTT has at most 65,535 bytes")
    return len(raw).to_bytes(2, "big") + raw
