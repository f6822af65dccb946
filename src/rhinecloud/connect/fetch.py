"""Gets one document from the web, carefully: bounded in size and time, checked by ETag, never from inside our network.

The address is checked where it is used: a name is resolved, each of its addresses has to be public, and the connection
goes to the very address that was checked, so that a name cannot point elsewhere a moment later (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from rhinecloud.base.errors import BadRequestData, Unavailable

if TYPE_CHECKING:
    import httpcore

MAX_REDIRECTS: Final = 3
_MOVED: Final = frozenset((301, 302, 303, 307, 308))
_AGENT: Final = "RhineCloud (open smart-city platform)"


class Fetched(NamedTuple):
    """What came: `status` 200 with the body, or 304 without. `etag` and `modified` validate the next request."""

    status: int
    body: bytes
    etag: str
    modified: str


class Refusal(Unavailable):
    """The server said no or later; `status` and `retry_after_s` as it told (0: it did not)."""

    def __init__(self, detail: str, status_told: int = 0, retry_after_s: float = 0) -> None:
        super().__init__(detail)
        self.status_told, self.retry_after_s = status_told, retry_after_s


def check_url(url: str) -> str:
    """The URL itself, where it is one that can be fetched.

    Raises:
        BadRequestData: another scheme, no host, or a password in it.
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        fine = False
    if not fine or " " in url:
        raise BadRequestData(f"{url[:100]!r} cannot be fetched; write an address such as https://example.org/data.json")
    if urlsplit(url).password:
        raise BadRequestData("A password does not belong into an address; send it as a header")
    return url


async def fetch(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    etag: str = "",
    modified: str = "",
    timeout_s: float = 30,
    max_bytes: int = 32 * 1024**2,
    allow_private: bool = False,
) -> Fetched:
    """
    Raises:
        Refusal: it could not be had; the message says why.
        BadRequestData: the address cannot be fetched.
    """
    import httpcore

    asked = {
        "User-Agent": _AGENT,
        "Accept": "application/json, */*;q=0.5",
        "Accept-Encoding": "gzip",
        **(headers or {}),
    }
    if etag:
        asked["If-None-Match"] = etag
    if modified:
        asked["If-Modified-Since"] = modified
    try:
        async with asyncio.timeout(timeout_s):
            async with httpcore.AsyncConnectionPool(network_backend=_guarded(allow_private), retries=0) as pool:
                return await _follow(pool, check_url(url), asked, max_bytes)
    except TimeoutError as error:
        raise Refusal(f"{_host(url)} does not answer within {timeout_s:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ssl.SSLError, OSError) as error:
        raise Refusal(f"{_host(url)} cannot be reached: {error or type(error).__name__}") from error


async def _follow(pool: httpcore.AsyncConnectionPool, url: str, headers: dict[str, str], max_bytes: int) -> Fetched:
    first = _origin(url)
    for _ in range(MAX_REDIRECTS + 1):
        # Tokens are for the host that they were given for.
        sent = headers if _origin(url) == first else {k: v for k, v in headers.items() if k in ("User-Agent", "Accept")}
        async with pool.stream("GET", url, headers=[(k.encode(), v.encode()) for k, v in sent.items()]) as answer:
            told = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in answer.headers}
            if answer.status in _MOVED and "location" in told:
                url = check_url(urljoin(url, told["location"]))
                continue
            if answer.status not in (200, 304):
                raise Refusal(
                    f"{_host(url)} answers {answer.status}", answer.status, _seconds(told.get("retry-after", ""))
                )
            body = await _body(answer, told, max_bytes) if answer.status == 200 else b""
            return Fetched(answer.status, body, told.get("etag", ""), told.get("last-modified", ""))
    raise Refusal(f"{_host(url)} sends on more than {MAX_REDIRECTS} times")


async def _body(answer: httpcore.Response, told: Mapping[str, str], max_bytes: int) -> bytes:
    packed = told.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip"):
        raise Refusal(f"The answer is packed with {packed[:40]}, which was not asked for")
    unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None
    body = bytearray()
    stream: AsyncIterator[bytes] = answer.aiter_stream()
    async for chunk in stream:
        try:
            # One byte more than allowed at most: a small answer may unpack to any size.
            body += unpack.decompress(chunk, max_bytes + 1 - len(body)) if unpack else chunk
        except zlib.error as error:
            raise Refusal(f"The answer's gzip is broken: {error}") from error
        if len(body) > max_bytes:
            raise Refusal(f"The answer is larger than {max_bytes // 1024} kB")
    return bytes(body)


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), 86_400.0) if retry_after.isdigit() and len(retry_after) < 10 else 0.0


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:60]


def public(address: str) -> bool:
    """Whether an IP address is on the open internet: not ours, not link-local, not reserved, no group."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


def _guarded(allow_private: bool) -> httpcore.AsyncNetworkBackend:
    import httpcore

    class Guarded(httpcore.AnyIOBackend):
        """Connects to checked addresses only."""

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.AsyncNetworkStream:
            address = host if allow_private else await _checked(host, port)
            return await super().connect_tcp(address, port, timeout, local_address, socket_options)

    return Guarded()


async def _checked(host: str, port: int) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(public, addresses)):
        raise Refusal(
            f"{host} is an address inside a private network; if that is meant, switch allow_private_endpoints on"
        )
    return addresses[0]
