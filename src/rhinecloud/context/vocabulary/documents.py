"""Fetches @context documents from elsewhere, and keeps them: bounded in time, size and number.

A document's address comes from whoever sends a request, so a host inside our own network is refused: the name is
resolved here, every address it has is checked, and the connection goes to the address that was checked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import msgspec

from rhinecloud.base.clock import SECOND, now_us
from rhinecloud.base.errors import BadRequestData, VocabularyUnavailable

if TYPE_CHECKING:
    import httpx

LONGEST_BYTES: Final = 4 * 1024**2
KEPT_BYTES: Final = 64 * 1024**2
FRESH_US: Final = 24 * 3600 * SECOND
FAILED_US: Final = 10 * SECOND  # so long a failed address is not asked again
TIMEOUT_S: Final = 4.0
REDIRECTS: Final = 3


class Document(msgspec.Struct):
    """One @context document from elsewhere, and what is told about it (ETSI GS CIM 009, 5.13.4)."""

    url: str
    id: str
    context: Any  # the value of its member @context
    size: int
    created_us: int
    used_us: int = 0
    hits: int = 0


class Documents:
    """A cache of documents by URL; the least recently used go when there are too many bytes."""

    def __init__(self, *, allow_private: bool, clock: Callable[[], int] = now_us) -> None:
        self._allow_private = allow_private
        self._clock = clock
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._failed: dict[str, tuple[int, str]] = {}
        self._under_way: dict[str, asyncio.Task[Document]] = {}
        self.changes = 0  # rises whenever a document comes, changes or goes

    def kept(self) -> list[Document]:
        return list(self._kept.values())

    def find(self, name: str) -> Document | None:
        """A kept document by its URL or its id here."""
        return self._kept.get(name) or next((d for d in self._kept.values() if d.id == name), None)

    def drop(self, url: str) -> None:
        self._kept.pop(url, None)
        self._failed.pop(url, None)
        self.changes += 1

    def touch(self, url: str) -> None:
        """Counts a use that needed no look at the content."""
        document = self._kept.get(url)
        if document is not None:
            document.hits += 1
            document.used_us = self._clock()

    def is_fresh(self, url: str) -> bool:
        """Whether what is kept of `url` need not be asked for again."""
        document = self._kept.get(url)
        return document is not None and self._clock() - document.created_us <= FRESH_US

    async def context(self, url: str) -> Any:
        """The @context at `url`, from here or from there.

        Raises:
            VocabularyUnavailable: it cannot be loaded now.
            BadRequestData: there is something, but it is no @context.
        """
        document = self._kept.get(url)
        now = self._clock()
        if document is None or now - document.created_us > FRESH_US:
            try:
                document = await self.load(url)
            except VocabularyUnavailable:
                if document is None:  # an old one is better than none
                    raise
        document.hits += 1
        document.used_us = now
        if url in self._kept:
            self._kept.move_to_end(url)
        return document.context

    async def load(self, url: str) -> Document:
        """Loads `url` anew, whatever is kept; requests at the same time share one download."""
        failed = self._failed.get(url)
        if failed and self._clock() - failed[0] < FAILED_US:
            raise VocabularyUnavailable(failed[1])
        task = self._under_way.get(url)
        if task is None:
            task = asyncio.create_task(self._load(url))
            self._under_way[url] = task
            task.add_done_callback(lambda _: self._under_way.pop(url, None))
        return await asyncio.shield(task)

    async def _load(self, url: str) -> Document:
        import httpx

        try:
            async with asyncio.timeout(TIMEOUT_S):
                body = await self._fetch(url)
        except (TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, VocabularyUnavailable) as error:
            reason = str(error) or type(error).__name__
            message = f"The @context {url[:200]} cannot be loaded: {reason}"
            if len(self._failed) > 1000:
                self._failed.clear()
            self._failed[url] = (self._clock(), message)
            raise VocabularyUnavailable(message) from error
        return self._keep(url, body)

    def _keep(self, url: str, body: bytes) -> Document:
        try:
            parsed = msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:
            raise BadRequestData(f"{url[:200]} is no JSON document, so it is no @context") from error
        if not isinstance(parsed, dict) or "@context" not in parsed:
            raise BadRequestData(f"{url[:200]} has no member @context")
        old = self._kept.pop(url, None)
        now = self._clock()
        document = Document(
            url=url,
            id=old.id if old else f"urn:uuid:{uuid4()}",
            context=parsed["@context"],
            size=len(body),
            created_us=now,
            used_us=old.used_us if old else now,
            hits=old.hits if old else 0,
        )
        self._kept[url] = document
        self.changes += 1
        while sum(d.size for d in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)
        return document

    async def _fetch(self, url: str) -> bytes:
        import httpx

        async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            for _ in range(REDIRECTS + 1):
                request = await self._request(client, url)
                async with await _closing(client, request) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers.get("location", ""))
                        continue
                    if answer.status_code != 200:
                        raise VocabularyUnavailable(f"its server answers {answer.status_code}")
                    return await _bounded(answer)
        raise VocabularyUnavailable("it is redirected too often")

    async def _request(self, client: httpx.AsyncClient, url: str) -> httpx.Request:
        """A request that goes to the very address that was checked, whatever the name resolves to a moment later."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise VocabularyUnavailable("it is no http or https address")
        headers = {"Accept": "application/ld+json, application/json;q=0.9", "User-Agent": "rhinecloud"}
        if self._allow_private:
            return client.build_request("GET", url, headers=headers)
        address = await _public_address(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        host = f"[{address}]" if ":" in address else address
        pinned = parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()
        headers["Host"] = parts.netloc.rpartition("@")[2]
        extensions = {"sni_hostname": parts.hostname} if parts.scheme == "https" else {}
        return client.build_request("GET", pinned, headers=headers, extensions=extensions)


async def _closing(client: httpx.AsyncClient, request: httpx.Request) -> Any:
    from contextlib import aclosing

    return aclosing(await client.send(request, stream=True))


async def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > LONGEST_BYTES:
            raise VocabularyUnavailable(f"it is larger than {LONGEST_BYTES // 1024**2} MiB")
    return bytes(body)


async def _public_address(host: str, port: int) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        # is_global also refuses link-local, carrier-grade NAT and documentation ranges.
        if not ip.is_global or ip.is_multicast:
            raise VocabularyUnavailable(f"{host} is an address inside a private network")
    if not addresses:
        raise VocabularyUnavailable(f"{host} has no address")
    return addresses[0]
