"""Reaching an endpoint that somebody else named: over HTTP, or by MQTT (`mqtt.py`), but never inside our own network.

A name is resolved here, each of its addresses is checked, and the connection goes to the address that was checked, so
that a name cannot mean one thing when it is looked at and another when it is used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from rhinecloud.base.errors import RhineError, Unavailable

from . import mqtt

if TYPE_CHECKING:
    import httpcore

CONNECT_S: Final = 2.0
ANSWER_S: Final = 5.0
_INSIDE: Final = "lies in a private network"
LONGEST_ANSWER: Final = 64 * 1024  # bytes of an endpoint's answer that are read; nobody looks at them


class Undelivered(Unavailable):
    """A notification did not arrive. `again`: another attempt may help."""

    def __init__(self, detail: str, *, again: bool = True) -> None:
        super().__init__(detail)
        self.again = again


class Message(msgspec.Struct):
    """A notification as it is sent."""

    headers: list[tuple[str, str]]
    body: bytes


def is_inside(address: str) -> bool:
    """Whether an IP address lies in our own or another private network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return not mapped.is_global or mapped.is_multicast


def names_inside(uri: str) -> bool:
    """Whether an address says by itself that it is inside: a private IP address, or localhost."""
    host = (urlsplit(uri).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return is_inside(host)
    except ValueError:
        return False


async def addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The IP addresses of a host that may be connected to.

    Raises:
        Undelivered: the name does not exist, or leads into a private network.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Undelivered(f"The host {host[:100]} does not exist or cannot be looked up") from error
    ips = list(dict.fromkeys(str(item[4][0]) for item in found))
    if not allow_private and any(is_inside(ip) for ip in ips):
        raise Undelivered(f"The host {host[:100]} {_INSIDE}", again=False)
    return ips


class Reach:
    """Sends messages; one for the whole city. `close` at the end."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._pools: dict[bool, httpcore.AsyncConnectionPool] = {}  # by whether they are for https
        self._tls: ssl.SSLContext | None = None

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def send(self, endpoint: dict[str, Any], message: Message) -> None:
        """Delivers a message; returns when it has arrived.

        Raises:
            Undelivered: it has not.
        """
        timeout_s = endpoint.get("timeout", ANSWER_S * 1000) / 1000
        try:
            async with asyncio.timeout(CONNECT_S + timeout_s):
                if endpoint["uri"].startswith("mqtt"):
                    await self._publish(endpoint, message)
                else:
                    await self._post(endpoint["uri"], message, timeout_s)
        except TimeoutError as error:
            raise Undelivered(f"The endpoint does not answer within {timeout_s:g} s") from error

    async def _post(self, uri: str, message: Message, timeout_s: float) -> None:
        import httpcore

        limits = {"connect": CONNECT_S, "read": timeout_s, "write": timeout_s, "pool": CONNECT_S}
        headers = [*message.headers, ("Content-Length", str(len(message.body))), ("User-Agent", "rhinecloud")]
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", urlsplit(uri).netloc.rpartition("@")[2]))
        connections = await self._connections(secure=uri.startswith("https"))
        try:
            async with connections.stream(
                "POST", uri, headers=_encoded(headers), content=message.body, extensions={"timeout": limits}
            ) as answer:
                status, read = answer.status, 0
                async for part in answer.aiter_stream():
                    read += len(part)
                    if read > LONGEST_ANSWER:
                        break
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            why = str(error) or type(error).__name__
            raise Undelivered(f"The endpoint does not answer: {why}", again=_INSIDE not in why) from error
        except (ValueError, httpcore.UnsupportedProtocol) as error:
            raise Undelivered(f"The endpoint cannot be asked: {error}", again=False) from error
        if not 200 <= status < 300:
            # 4xx says that the message is not wanted; sending it again would not change that.
            raise Undelivered(f"The endpoint answers {status}", again=status >= 500 or status in (408, 425, 429))

    async def _connections(self, *, secure: bool) -> httpcore.AsyncConnectionPool:
        if secure not in self._pools:
            context = await self._context() if secure else None
            import httpcore

            # No limit of connections: those of endpoints that hang must not be missing for the others.
            self._pools.setdefault(
                secure,
                httpcore.AsyncConnectionPool(
                    ssl_context=context,
                    max_connections=None,
                    max_keepalive_connections=100,
                    keepalive_expiry=10,
                    network_backend=_backend(self._allow_private),
                ),
            )
        return self._pools[secure]

    async def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)  # reads all root certificates
        return self._tls

    async def _publish(self, endpoint: dict[str, Any], message: Message) -> None:
        parts = urlsplit(endpoint["uri"])
        host, secure = parts.hostname or "", parts.scheme == "mqtts"
        port = parts.port or (8883 if secure else 1883)
        info = {pair["key"]: pair["value"] for pair in endpoint.get("notifierInfo", ())}
        payload = msgspec.json.encode({"metadata": dict(message.headers), "body": msgspec.Raw(message.body)})
        tls = await self._context() if secure else None
        last: Exception = Undelivered(f"The host {host[:100]} has no address")
        for ip in await addresses(host, port, allow_private=self._allow_private):
            try:
                await mqtt.publish(
                    mqtt.Broker(
                        ip, port, server_name=host, tls=tls,
                        user=unquote(parts.username or ""), password=unquote(parts.password or ""),
                        version=4 if info.get("MQTT-Version") == "mqtt3.1.1" else 5,
                    ),
                    unquote(parts.path.lstrip("/")), payload, qos=int(info.get("MQTT-QoS", "0")),
                )  # fmt: skip
                return
            except (OSError, EOFError, mqtt.Refused, ValueError) as error:
                last = error
        raise Undelivered(f"The MQTT server does not take it: {str(last) or type(last).__name__}") from last


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii", "ignore"), value.encode("utf-8")) for name, value in headers]


def _backend(allow_private: bool) -> Any:
    """httpcore's network, with our look at the address in between."""
    import httpcore

    class Guarded(httpcore.AnyIOBackend):
        async def connect_tcp(self, host: str, port: int, *args: Any, **more: Any) -> Any:
            last: Exception = httpcore.ConnectError(f"{host} has no address")
            try:
                found = await addresses(host, port, allow_private=allow_private)
            except RhineError as error:
                raise httpcore.ConnectError(error.detail) from error
            for ip in found:
                try:
                    return await super().connect_tcp(ip, port, *args, **more)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    last = error
            raise last

    return Guarded()
