"""Dead letters: notifications that could not be delivered, sent again or thrown away."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, post
from litestar.response import Redirect

from rhinecloud.base.errors import ResourceNotFound, Unavailable
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visit, Visits

from .forms import Form

LETTERS: Final = 100
"""Dead letters that are shown, the newest first."""


class LetterRow(msgspec.Struct, kw_only=True):
    """A notification that could not be delivered."""

    sequence: int
    subscription: str
    endpoint: str
    reason: str
    failed_us: int
    size: int


class Letters:
    """The list for the page of quality, and the handlers."""

    def __init__(self, rooms: Rooms, visits: Visits) -> None:
        self._rooms, self._connect, self._visits = rooms, rooms.connect, visits

    async def newest(self, visit: Visit) -> list[LetterRow]:
        """The newest; none for who may not see them."""
        if self._connect.dead is None or not self._visits.may(visit, "subscriptions.manage"):
            return []
        return [
            LetterRow(
                sequence=letter.sequence,
                subscription=letter.subscription,
                endpoint=letter.endpoint,
                reason=letter.reason,
                failed_us=letter.failed_us,
                size=letter.size,
            )
            for letter in (await self._connect.dead.list(visit.tenant))[:LETTERS]
        ]

    async def resend(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Sends one dead letter, or all, again."""
        visit = await self._letters_visit(request)
        chosen = [int(data["sequence"])] if data.get("sequence", "").isdecimal() else []
        done = await self._connect.dead.replay(visit.tenant, chosen)
        detail = {"sent": done.sent, "gone": done.gone}
        await self._rooms.access.record(
            visit.principal, "letters.replay", str(chosen or "all"), tenant=visit.tenant, **detail
        )
        return Redirect(f"/quality?sent={done.sent}&gone={done.gone}#letters", status_code=303)

    async def bury(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Throws one dead letter away."""
        visit = await self._letters_visit(request)
        if not data.get("sequence", "").isdecimal():
            raise ResourceNotFound("There is no such letter")
        await self._connect.dead.discard(visit.tenant, [int(data["sequence"])])
        await self._rooms.access.record(visit.principal, "letters.discard", data["sequence"], tenant=visit.tenant)
        return Redirect("/quality#letters", status_code=303)

    async def _letters_visit(self, request: AnyRequest) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "subscriptions.manage")
        if self._connect.dead is None:
            raise Unavailable("Dead letters are not kept in this installation")
        return visit


def routes(letters: Letters) -> list[Any]:
    return [
        post("/quality/letters/replay")(letters.resend),
        post("/quality/letters/discard")(letters.bury),
    ]
