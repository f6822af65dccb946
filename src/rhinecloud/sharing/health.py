"""What machines ask about this installation: whether it is well, and its figures.

``/health`` answers 200 while all parts are well and 503 while one is not; ``/metrics`` speaks Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.errors import Forbidden, MethodNotAllowed, ResourceNotFound, RhineError, Unauthorized

from . import problems
from .exchange import JSON, Answer, Asked, Receive, Scope, Send, send_answer

Part = Callable[[], str]
"""Says "" while a part is well, and otherwise in one sentence what is wrong."""
Allow = Callable[[str], None]
"""(bearer token or "") → raises where whoever asks may not see the figures."""

_log = telemetry.logger("sharing")
_METHODS: Final = ("GET", "HEAD")


class Health:
    """/health and /metrics, as an ASGI application.

    Args:
        parts: what is asked for /health, by name.
        version: of this program.
        allow: decides who sees /metrics; by default everyone who can reach it.
    """

    def __init__(self, parts: Mapping[str, Part], *, version: str = "", allow: Allow = lambda token: None) -> None:
        self._parts = parts
        self._version = version
        self._allow = allow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            asked = Asked(scope, receive)
            if asked.method not in _METHODS:
                raise MethodNotAllowed("This is only read", allow=list(_METHODS))
            if asked.segments == ["health"]:
                answer = self._health()
            elif asked.segments == ["metrics"]:
                answer = self._metrics(asked)
            else:
                raise ResourceNotFound("There is nothing under this address")
        except RhineError as error:
            answer = problems.answer(error)
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    def _health(self) -> Answer:
        told: dict[str, Any] = {}
        for name, part in self._parts.items():
            try:
                told[name] = part() or "well"
            except Exception as error:
                _log.exception("health_check_failed", part=name)
                told[name] = f"its check failed: {type(error).__name__}"
        well = all(state == "well" for state in told.values())
        body = {"status": "well" if well else "unwell", "version": self._version, "parts": told}
        return Answer(200 if well else 503, msgspec.json.encode(body), [(b"content-type", JSON)])

    def _metrics(self, asked: Asked) -> Answer:
        from prometheus_client import generate_latest
        from prometheus_client.exposition import CONTENT_TYPE_LATEST

        scheme, _, token = asked.header(b"authorization").partition(" ")
        try:
            self._allow(token.strip() if scheme.lower() == "bearer" else "")
        except (Unauthorized, Forbidden) as error:
            return problems.answer(error)
        return Answer(200, generate_latest(telemetry.REGISTRY), [(b"content-type", CONTENT_TYPE_LATEST.encode())])
