"""The page of an error: what happened in one sentence, and what to do next. Islands get it as problem+json instead.

Source: RFC 9457. The page shows a stranger nothing of the inside; that goes to the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from rhinecloud.base.errors import RhineError, Unavailable
from rhinecloud.base.telemetry import logger
from rhinecloud.web.language import N_
from rhinecloud.web.rendering import Pages
from rhinecloud.web.visits import AnyRequest, Frame, Visits

log = logger("web")

TITLES = {
    400: N_("This cannot be done as asked"),
    401: N_("Please sign in"),
    403: N_("This is not open to you"),
    404: N_("This page does not exist"),
    405: N_("This cannot be done here"),
    409: N_("Somebody else changed this first"),
    413: N_("This is too large"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong"),
    503: N_("This part of the city is not available"),
}
NEXT = {
    400: N_("Please check what you entered and try again."),
    401: N_("Sign in, then you come back here."),
    403: N_("If you need this for your work, ask your administrator for the role."),
    404: N_("Check the address, or start from the situation."),
    409: N_("Load the page again to see the newer state."),
    413: N_("Please choose something smaller."),
    429: N_("Please wait a moment before you try again."),
    500: N_("It is recorded. Try again; if it stays, tell the operator of this city the time of day."),
    503: N_("It is probably back soon. Try again in a moment."),
}


class FaultPage(msgspec.Struct, kw_only=True):
    frame: Frame
    status: int
    title: str  # what happened, in few words
    detail: str  # the sentence of the error, "" where it says no more
    next: str  # what to do now
    back: str  # where "try again" leads


def handler(pages: Pages, visits: Visits) -> Callable[[AnyRequest, Any], Response[Any]]:
    def show(request: AnyRequest, error: Any) -> Response[Any]:
        status, detail = _told(error)
        if status >= 500 and not isinstance(error, Unavailable):
            log.error("page_failed", path=request.url.path, error=repr(error), exc_info=error)
        if wants_json(request):
            kind = error.type if isinstance(error, RhineError) else "about:blank"
            body = {"type": kind, "title": TITLES.get(status, TITLES[500]), "status": status, "detail": detail}
            return Response(body, media_type="application/problem+json", status_code=status)
        visit = visits.blocking(request)
        if status == 401 and visit.session is None and request.method == "GET":
            return Redirect(f"/sign-in?next={quote(_local(request), safe='/')}", status_code=303)
        title = TITLES.get(status, TITLES[500 if status >= 500 else 400])
        page = FaultPage(
            frame=visits.frame(visit, "fault", title),
            status=status,
            title=title,
            detail=detail,
            next=NEXT.get(status, NEXT[500 if status >= 500 else 400]),
            back=_local(request) if request.method == "GET" else "/",
        )
        try:
            return pages.render("pages/fault.html", page, status=status)
        except Exception as second:  # a broken template must not hide the first error
            log.exception("fault_page_failed", error=repr(second))
            return Response(detail or title, media_type=MediaType.TEXT, status_code=status)

    return show


def _told(error: Any) -> tuple[int, str]:
    """(status, sentence to show)."""
    if isinstance(error, RhineError):
        return error.status, error.detail if error.status < 500 or isinstance(error, Unavailable) else ""
    if isinstance(error, HTTPException):
        return error.status_code, ""
    return 500, ""


def _local(request: AnyRequest) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def wants_json(request: AnyRequest) -> bool:
    """Islands ask for data under /web; a person's browser asks for a page."""
    return request.url.path.startswith("/web/") or "application/json" in request.headers.get("accept", "")
