"""What the pages about rules share: who looks, the rules as `insight` keeps them, and who is told to have acted."""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.web.catalogue import Catalogue
from rhinecloud.web.language import N_
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visit, Visits

DONE: Final = {
    "saved": N_("The rule is saved."),
    "on": N_("The rule is switched on. It looks at every new observation."),
    "off": N_("The rule is switched off. What it had raised is cleared."),
    "deleted": N_("The rule is deleted."),
    "undone": N_("The rule is again as the pack says, and follows its updates."),
    "restored": N_("The older version is in force again, as a new version."),
}
"""What is said after something was done, by the word in the address."""


class Watching:
    """Rules of a tenant, for pages."""

    def __init__(self, rooms: Rooms, visits: Visits) -> None:
        self._rooms, self._visits = rooms, visits
        self.catalogue = Catalogue(rooms)

    async def visit(self, request: AnyRequest, action: str) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, action)
        if self._rooms.insight is None:
            raise ResourceNotFound("This installation watches for nothing")
        return visit

    def rules(self, tenant: str) -> list[Any]:
        found: list[Any] = self._rooms.insight.rules(tenant)
        return found

    def rule(self, tenant: str, rule_id: str) -> Any:
        return self._rooms.insight.rule(tenant, rule_id)

    def versions(self, tenant: str, rule_id: str) -> list[Any]:
        found: list[Any] = self._rooms.insight.rule_versions(tenant, rule_id)
        return found

    def raised(self, tenant: str) -> dict[str, int]:
        """Rule → alerts that stand now."""
        alerts, _ = self._rooms.insight.alerts(tenant, state="raised", limit=5_000)
        counts: dict[str, int] = {}
        for alert in alerts:
            counts[alert.rule] = counts.get(alert.rule, 0) + 1
        return counts

    async def record(self, visit: Visit, action: str, subject: str, **detail: Any) -> None:
        await self._rooms.access.record(visit.principal, action, subject, tenant=visit.tenant, **detail)

    def pack(self, pack_id: str, language: str) -> str:
        found = next((p for p in self._rooms.packs if p.id == pack_id), None)
        return str(found.title[language]) if found else pack_id

    def trouble(self, tenant: str, rule_id: str) -> str:
        found = self._rooms.insight.trouble(tenant, rule_id)
        return str(found.detail) if found else ""


def who(visit: Visit) -> str:
    """Whom insight keeps as the one who did it."""
    return str(visit.session.name if visit.session else visit.principal.name)
