"""What forms and lists of all pages share: typed reading of queries, the pages of a long list, heads that sort."""

from __future__ import annotations

from typing import Any, Final
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


class Heading(msgspec.Struct, kw_only=True):
    """The head of a column that sorts."""

    label: str
    address: str
    sorted: str  # "ascending", "descending" or ""


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


def headings(request: AnyRequest, columns: Any, sort: str, way: str, say: Any) -> list[Heading]:
    """The heads of a table's columns, each with the address that sorts by it."""
    return [
        Heading(
            label=say(label),
            address=address(request, sort=f"{name}.down" if name == sort and way != "down" else name),
            sorted=("descending" if way == "down" else "ascending") if name == sort else "",
        )
        for name, label in columns
    ]
