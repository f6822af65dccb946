"""Our errors as problem documents (RFC 9457): the only place that turns one into the other for programs.

Source: ETSI GS CIM 009, 5.5.2, 5.5.3, 6.3.2, 6.3.3: the media type is application/json, and 411 and 415 have no body.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rhinecloud.base.errors import (
    LengthRequired,
    RhineError,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
)

from .exchange import JSON, Answer

_encode = msgspec.json.Encoder().encode


def document(error: RhineError) -> dict[str, Any]:
    """The problem document of an error."""
    return {"type": error.type, "title": error.title, "detail": error.detail, "status": error.status, **error.extra}


def answer(error: RhineError) -> Answer:
    """The HTTP answer that tells of an error."""
    if isinstance(error, LengthRequired | UnsupportedMediaType):
        return Answer(error.status)
    headers: list[tuple[bytes, bytes]] = [(b"content-type", JSON)]
    if isinstance(error, Unauthorized):
        headers.append((b"www-authenticate", b'Bearer realm="rhinecloud"'))
    elif error.status in (503, 504) or isinstance(error, TooManyRequests):
        headers.append((b"retry-after", str(error.extra.get("retry_after_s", 5)).encode()))
    if allowed := error.extra.get("allow"):
        headers.append((b"allow", ", ".join(allowed).encode()))
    return Answer(error.status, _body(error), headers)


def _body(error: RhineError) -> bytes:
    try:
        return _encode(document(error))
    except (TypeError, ValueError):  # a detail that quotes what is no Unicode text
        safe = error.detail.encode("utf-8", "backslashreplace").decode()
        return _encode({"type": error.type, "title": error.title, "detail": safe, "status": error.status})
