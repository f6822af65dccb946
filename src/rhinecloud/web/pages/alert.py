"""One alert: what happened in a sentence, the observations that prove it, the curve around it, and what people did."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.insight import WHY
from rhinecloud.web.catalogue import Catalogue
from rhinecloud.web.incident_tabs import address
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.rule_form import fields
from rhinecloud.web.sentence import SEVERITY, STATE, reading
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .proof import CurveOf, EvidenceRow, Proof
from .watching import who

SNOOZES: Final = {"15": N_("15 minutes"), "60": N_("1 hour"), "240": N_("4 hours"), "1440": N_("1 day")}
DONE: Final = {
    "acknowledged": N_("Acknowledged."),
    "snoozed": N_("It is quiet until then, unless it gets worse."),
    "commented": N_("Your comment is kept."),
}


class Step(msgspec.Struct, kw_only=True):
    """One step of its life."""

    at_us: int
    icon: str
    what: str
    who: str = ""
    text: str = ""


class AlertPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    id: str
    title: str
    text: str
    severity: str  # in words
    state: int
    raised: bool
    started_us: int
    cleared_us: int | None
    why: str
    lasted_us: int
    entity: str
    entity_name: str
    kind: str
    place: bool  # it has a place on the map
    at: str  # RFC 3339, when it began
    evidence: list[EvidenceRow]
    latest: EvidenceRow | None
    newer: bool  # it is none of the evidence
    peak: EvidenceRow | None
    chart: CurveOf | None
    rule: str
    rule_title: str
    rule_version: int
    rule_now: int  # the version in force; 0: the rule is gone
    sentence: list[tuple[bool, str]]
    pack: str
    playbook: str
    steps_to_take: list[str]
    acknowledged: str
    snoozed_until_us: int | None
    steps: list[Step]
    snoozes: dict[str, str]
    may_manage: bool
    may_report: bool  # as an incident
    incidents: list[tuple[str, str]]  # (address, number and title) of those that came of it
    may_see_raw: bool
    error: str
    typed: dict[str, str]
    said: str


class AlertScreens:
    """The handlers of one alert."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._catalogue = Catalogue(rooms)
        self._proof = Proof(rooms, self._catalogue)

    async def show(self, request: AnyRequest, alert_id: FromPath[str]) -> Response[Any]:
        """The page."""
        visit = await visit_of(self._rooms, self._visits, request, "alerts.read")
        said = words(visit.language)(DONE.get(request.query_params.get("done", ""), ""))
        return await self._page(visit, alert_id, said=said)

    async def acknowledge(self, request: AnyRequest, alert_id: FromPath[str], data: Form) -> Response[Any]:
        """I have seen it and see to it."""
        visit = await self._act(request, alert_id)
        self._rooms.insight.acknowledge(visit.tenant, alert_id, who(visit), data.get("note", "")[:500])
        await self._record(visit, "alert.acknowledge", alert_id)
        return _back(alert_id, "acknowledged")

    async def snooze(self, request: AnyRequest, alert_id: FromPath[str], data: Form) -> Response[Any]:
        """Quiet for a while."""
        visit = await self._act(request, alert_id)
        minutes = data.get("minutes", "")
        if minutes not in SNOOZES:
            raise BadRequestData("Choose how long it should be quiet")
        until = self._rooms.clock() + int(minutes) * 60 * SECOND
        self._rooms.insight.snooze(visit.tenant, alert_id, who(visit), until)
        await self._record(visit, "alert.snooze", alert_id, minutes=int(minutes))
        return _back(alert_id, "snoozed")

    async def comment(self, request: AnyRequest, alert_id: FromPath[str], data: Form) -> Response[Any]:
        """Something that the next one should know."""
        visit = await self._act(request, alert_id)
        text = data.get("text", "").strip()[:2_000]
        if not text:
            return await self._page(visit, alert_id, error="Write what the next one should know.", typed=data)
        self._rooms.insight.comment(visit.tenant, alert_id, who(visit), text)
        await self._record(visit, "alert.comment", alert_id)
        return _back(alert_id, "commented")

    async def _incidents(self, visit: Visit, alert_id: str) -> list[tuple[str, str]]:
        """What has come of it, as far as this person may know."""
        if self._rooms.operations is None or not self._visits.may(visit, "incidents.read"):
            return []
        desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        found = await asyncio.to_thread(desk.of_alert, alert_id)
        return [(address(i.id), f"{i.number} {i.title}") for i in found]

    async def _act(self, request: AnyRequest, alert_id: str) -> Visit:
        visit = await visit_of(self._rooms, self._visits, request, "alerts.manage")
        self._rooms.insight.alert(visit.tenant, alert_id)  # ResourceNotFound where there is none
        return visit

    async def _record(self, visit: Visit, action: str, alert_id: str, **detail: Any) -> None:
        await self._rooms.access.record(visit.principal, action, alert_id, tenant=visit.tenant, **detail)

    async def _page(
        self, visit: Visit, alert_id: str, *, said: str = "", error: str = "", typed: dict[str, str] | None = None
    ) -> Response[Any]:
        language, say, now = visit.language, words(visit.language), self._rooms.clock()
        insight = self._rooms.insight
        alert = insight.alert(visit.tenant, alert_id)
        rule = self._rule(visit.tenant, alert.rule)
        raised_by = self._raised_by(visit.tenant, alert, rule)
        sort = self._catalogue.sort(alert.type, language)
        evidence = [self._proof.evidence(e, alert, language) for e in alert.evidence]
        end = alert.cleared_us or now
        playbook = next(
            (p for pack in self._rooms.packs for p in getattr(pack, "playbooks", ()) if p.id == alert.playbook), None
        )
        pack = next((p for p in self._rooms.packs if p.id == alert.pack), None)
        page = AlertPage(
            frame=self._visits.frame(visit, "alerts", alert.title[language]),
            island=Island(
                language=language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                evidence=self._visits.may(visit, "quality.read"),
            ),
            id=alert.id,
            title=alert.title[language],
            text=alert.text[language],
            severity=say(SEVERITY[alert.severity]),
            state=STATE[alert.severity],
            raised=alert.state == "raised",
            started_us=alert.started_us,
            cleared_us=alert.cleared_us,
            why=WHY[alert.cleared_why][language] if alert.cleared_why in WHY else "",
            lasted_us=max(0, end - alert.started_us),
            entity=alert.entity,
            entity_name=alert.entity_name or alert.entity,
            kind=sort.label if sort else self._rooms.model.names.get(alert.type, alert.type),
            place=alert.location is not None,
            at=iso(alert.started_us),
            evidence=evidence,
            latest=self._proof.evidence(alert.latest, alert, language) if alert.latest else None,
            newer=alert.state == "raised" and alert.latest is not None and alert.latest not in alert.evidence,
            peak=self._proof.evidence(alert.peak, alert, language) if alert.peak else None,
            chart=self._proof.chart(alert, raised_by, language, end, say)
            if self._rooms.histories is not None
            else None,
            rule=alert.rule,
            rule_title=rule.title[language] if rule else alert.title[language],
            rule_version=alert.rule_version,
            rule_now=rule.version if rule else 0,
            sentence=reading(fields(raised_by, language), self._catalogue.sort(raised_by.type, language), language)
            if raised_by
            else [],
            pack=pack.title[language] if pack else "",
            playbook=playbook.title[language] if playbook else "",
            steps_to_take=[s[language] for s in playbook.titles] if playbook else [],
            acknowledged=alert.acknowledged.who if alert.acknowledged else "",
            snoozed_until_us=alert.snoozed_until_us
            if alert.snoozed_until_us and alert.snoozed_until_us > now
            else None,
            steps=_steps(alert, say, language),
            snoozes={m: say(text) for m, text in SNOOZES.items()},
            may_manage=self._visits.may(visit, "alerts.manage"),
            may_report=self._rooms.operations is not None and self._visits.may(visit, "incidents.manage"),
            incidents=await self._incidents(visit, alert_id),
            may_see_raw=self._visits.may(visit, "quality.read") and self._rooms.backbone is not None,
            error=say(error),
            typed=typed or {},
            said=said,
        )
        return self._pages.render("pages/alert.html", page, status=400 if error else 200)

    def _rule(self, tenant: str, rule_id: str) -> Any:
        try:
            return self._rooms.insight.rule(tenant, rule_id)
        except ResourceNotFound:
            return None

    def _raised_by(self, tenant: str, alert: Any, rule: Any) -> Any:
        """The rule in the version that raised it."""
        if rule is not None and rule.version == alert.rule_version:
            return rule
        try:
            versions = self._rooms.insight.rule_versions(tenant, alert.rule)
        except ResourceNotFound:
            return rule
        return next((v.rule for v in versions if v.rule.version == alert.rule_version), rule)


async def visit_of(rooms: Rooms, visits: Visits, request: AnyRequest, action: str) -> Visit:
    """Who looks at alerts.

    Raises:
        Unauthorized, Forbidden. ResourceNotFound: there is no insight.
    """
    visit = await visits.of(request)
    visits.demand(visit, action)
    if rooms.insight is None:
        raise ResourceNotFound("This installation watches for nothing")
    return visit


def _steps(alert: Any, say: Any, language: str) -> list[Step]:
    """What happened, the newest first."""
    steps = [Step(at_us=alert.started_us, icon="activity", what=say("What was observed crossed the limit"))]
    steps.append(Step(at_us=alert.raised_us, icon="bell", what=say("The alert was raised")))
    if alert.acknowledged:
        seen = alert.acknowledged
        steps.append(Step(at_us=seen.at_us, icon="check", what=say("Acknowledged"), who=seen.who, text=seen.note))
    steps += [
        Step(at_us=c.at_us, icon="message-square", what=say("Comment"), who=c.who, text=c.text) for c in alert.comments
    ]
    if alert.cleared_us:
        why = WHY[alert.cleared_why][language] if alert.cleared_why in WHY else ""
        steps.append(Step(at_us=alert.cleared_us, icon="circle-check", what=say("It is over"), text=why))
    return sorted(steps, key=lambda s: -s.at_us)


def _back(alert_id: str, done: str) -> Redirect:
    return Redirect(f"/alerts/{quote(alert_id)}?done={done}", status_code=303)
