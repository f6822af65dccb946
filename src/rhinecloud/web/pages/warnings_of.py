"""What all pages of warnings share: who looks at the desk, and its tabs."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.web.language import N_, Words
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visit, Visits

_TABS: Final = (
    ("own", "/warning-desk", N_("Our warnings"), "megaphone"),
    ("received", "/warning-desk/received", N_("From others"), "inbox"),
    ("refused", "/warning-desk/refused", N_("Refused"), "ban"),
    ("feeds", "/warning-desk/feeds", N_("Feeds"), "rss"),
    ("settings", "/warning-desk/settings", N_("Sender"), "settings"),
)


class DeskTab(msgspec.Struct, kw_only=True):
    path: str
    label: str
    icon: str
    current: bool


async def desk_of(
    rooms: Rooms, visits: Visits, request: AnyRequest, action: str = "warnings.read"
) -> tuple[Visit, Any]:
    """Who looks at the desk, who may, and the desk.

    Raises:
        Unauthorized, Forbidden. ResourceNotFound: this installation has none.
    """
    visit = await visits.in_centre(request, action)
    return visit, rooms.warnings.desk(visit.tenant, visit.principal)


def tabs_of(say: Words, current: str) -> list[DeskTab]:
    return [DeskTab(path=path, label=say(label), icon=icon, current=key == current) for key, path, label, icon in _TABS]
