"""HTTP push: what devices and network servers send by POST, durable before it is acknowledged.

``POST /push/<device>`` with ``Authorization: Bearer <the device's secret>``; `/lorawan/<device>` is the same door, for
the webhooks of network servers. The body is kept as it came; what it means is found out behind the backbone.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.errors import (
    InvalidRequest,
    MethodNotAllowed,
    ResourceNotFound,
    RhineError,
    TooManyRequests,
    Unauthorized,
)

from . import problems
from .exchange import JSON, Answer, Asked, Gone, Receive, Scope, Send, send_answer

LONGEST: Final = 1024**2  # bytes of one message
RATE: Final = 50.0  # messages a second that one device may send for long
BURST: Final = 500.0  # … and at once
_DEVICE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:-]{0,126}\Z")
_MOST_BUCKETS: Final = 100_000

_log = telemetry.logger("sharing")
_pushed = telemetry.counter("push_messages", "Messages taken by HTTP push", ("status",))


class Device(Protocol):
    """The part of a device that this door uses."""

    @property
    def id(self) -> str: ...


Authenticate = Callable[[str, str], "tuple[str, Device] | None"]
"""(device, secret) → (tenant, device), or None. It is named `tenant/id`, or by its id alone in the default tenant."""
Publish = Callable[[str, bytes], Awaitable[int]]
"""(subject, data) → sequence in the stream; durable when it returns."""


class Push:
    """The door for pushed messages, as an ASGI application.

    Args:
        authenticate: from the device registry.
        publish: of the backbone.
    """

    def __init__(self, authenticate: Authenticate, publish: Publish, *, clock: Clock = now_us) -> None:
        self._authenticate = authenticate
        self._publish = publish
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, int]] = {}  # device → messages left, when (µs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = await self._take(Asked(scope, receive))
        except RhineError as error:
            answer = problems.answer(error)
        except Gone:
            return
        except Exception:
            _log.exception("push_failed", path=scope["path"])
            answer = problems.answer(RhineError("Something went wrong here; the log has the details"))
        _pushed.labels(str(answer.status)).inc()
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    async def _take(self, asked: Asked) -> Answer:
        """Takes one message: 202 with its sequence once it is durable."""
        if len(asked.segments) not in (2, 3):
            raise ResourceNotFound("Messages are sent to /push/<device>")
        if asked.method not in ("POST", "PUT"):
            raise MethodNotAllowed("Messages are sent by POST", allow=["POST", "PUT"])
        tenant, device = self._sender(asked)
        self._throttle(tenant, device.id)
        body = await asked.body(LONGEST)
        if not body:
            raise InvalidRequest("The message is empty")
        sequence = await self._publish(f"raw.{tenant}.http.{device.id}", body)
        return Answer(202, msgspec.json.encode({"sequence": sequence}), [(b"content-type", JSON)])

    def _sender(self, asked: Asked) -> tuple[str, Device]:
        scheme, _, secret = asked.header(b"authorization").partition(" ")
        secret = secret.strip() if scheme.lower() == "bearer" else asked.header(b"x-device-secret")
        names = asked.segments[1:]
        # One refusal for all reasons: which devices exist is nobody's business.
        if secret and len(secret) <= 512 and all(_DEVICE.match(name) for name in names):
            found = self._authenticate("/".join(names), secret)
            if found is not None:
                return found
        raise Unauthorized("The device or its secret is not known; send Authorization: Bearer <secret>")

    def _throttle(self, tenant: str, device: str) -> None:
        """A bucket of messages a device, so that one that floods is throttled alone."""
        now = self._clock()
        key = (tenant, device)
        left, since = self._buckets.pop(key, (BURST, now))
        left = min(BURST, left + (now - since) / SECOND * RATE)
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets.pop(next(iter(self._buckets)))
        if left < 1:
            self._buckets[key] = (left, now)
            raise TooManyRequests(f"More than {RATE:g} messages a second", retry_after_s=1)
        self._buckets[key] = (left - 1, now)
