"""What a client sends and wants: media types, the @context of a request, preferences.

Source: ETSI GS CIM 009, 6.3.4, 6.3.5, 6.3.6; RFC 9110, 12.5.1 (Accept).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rhinecloud.base.errors import BadRequestData, NotAcceptable

JSON: Final = "application/json"
LD_JSON: Final = "application/ld+json"
GEO_JSON: Final = "application/geo+json"
MERGE_PATCH: Final = "application/merge-patch+json"
PLAIN: Final = (JSON, LD_JSON)
GEO: Final = (JSON, LD_JSON, GEO_JSON)

CONTEXT_REL: Final = "http://www.w3.org/ns/json-ld#context"
_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))", re.IGNORECASE)


@lru_cache(maxsize=1024)
def negotiate(accept: str, offered: tuple[str, ...]) -> str:
    """The media type to answer with: the one weighted highest, among equals the first offered.

    Raises:
        NotAcceptable: none of those offered is acceptable.
    """
    if not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    best, chosen = 0.0, ""
    for media in offered:
        weight = _weight(media, ranges)
        if weight > best:
            best, chosen = weight, media
    if not chosen:
        raise NotAcceptable(f"Available are {', '.join(offered)}", available=list(offered))
    return chosen


def _range(part: str) -> tuple[str, float]:
    media, _, rest = part.partition(";")
    weight = 1.0
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value.strip())
            except ValueError:
                weight = 1.0
            weight = weight if 0 <= weight <= 1 else 1.0  # "nan" is a float to Python
    return media.strip().lower(), weight


def _weight(media: str, ranges: list[tuple[str, float]]) -> float:
    """The weight of the most specific range that a media type falls into."""
    for pattern in (media, media.partition("/")[0] + "/*", "*/*"):
        found = [weight for given, weight in ranges if given == pattern]
        if found:
            return max(found)
    return 0.0


@lru_cache(maxsize=1024)
def media_type(content_type: str) -> str:
    """The media type of a Content-Type header, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=1024)
def linked_context(link: str) -> str | None:
    """The @context that a Link header names; None where it names none.

    Raises:
        BadRequestData: it names several.
    """
    if not link:
        return None
    found = [
        target
        for target, rest in _LINK.findall(link)
        if (rel := _REL.search(rest)) and CONTEXT_REL in ((rel[1] or rel[2]) or "").split()
    ]
    if len(found) > 1:
        raise BadRequestData("The Link header names several @contexts; at most one is allowed")
    return found[0].strip() if found else None


@lru_cache(maxsize=256)
def context_link(url: str) -> bytes:
    """The Link header that names the @context of an answer."""
    safe = url.encode("ascii", "ignore").replace(b">", b"%3E").replace(b"\r", b"").replace(b"\n", b"")
    return b"<" + safe + b'>; rel="' + CONTEXT_REL.encode() + b'"; type="application/ld+json"'


def preference(prefer: str, name: str) -> str:
    """The value of one preference of a Prefer header, "" where it is not there (RFC 7240)."""
    for part in prefer.split(","):
        key, _, value = part.strip().partition("=")
        if key.strip().lower() == name:
            return value.partition(";")[0].strip().strip('"')
    return ""
