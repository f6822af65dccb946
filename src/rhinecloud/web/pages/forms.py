"""What forms and lists of all pages share: typed reading of queries, and the pages of a long list."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar.params import URLEncodedBody

from rhinecloud.web.visits import AnyRequest

Form = URLEncodedBody[dict[str, str]]
PAGE: Final = 50
"""Rows of one page of a list."""
_LAST: Final = 10_000


class Pager(msgspec.Struct, kw_only=True):
    """Which part of a list is shown, and the addresses of its neighbours."""

    first: int  # counted from 1; 0 where the list is empty
    last: int
    total: int
    before: str  # address; "" where there is none
    after: str


def pager(request: AnyRequest, shown: int, total: int) -> Pager:
    number = page_number(request)
    start = number * PAGE
    return Pager(
        first=start + 1 if shown else 0,
        last=start + shown,
        total=total,
        before=address(request, page=str(number)) if number else "",
        after=address(request, page=str(number + 2)) if start + shown < total else "",
    )


def page_number(request: AnyRequest) -> int:
    """Counted from 0; what is no number is the first page."""
    text = request.query_params.get("page", "")
    return min(max(int(text) - 1, 0), _LAST) if text.isdecimal() and len(text) < 6 else 0


def address(request: AnyRequest, **changed: str) -> str:
    """This list's address with some of its query changed; "" leaves a part out."""
    query = {k: v for k, v in request.query_params.items() if k != "page"} | changed
    text = urlencode({k: v for k, v in query.items() if v and not (k == "page" and v == "1")})
    return request.url.path + (f"?{text}" if text else "")


def is_part(request: AnyRequest) -> bool:
    """htmx asks for the part that changes, not for the page around it."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"
