"""*Alerts*: what the rules have raised; searched, sorted, acknowledged one by one or many at a time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND
from rhinecloud.insight import SEVERITIES
from rhinecloud.web.catalogue import Catalogue
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.sentence import SEVERITY, STATE
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .alert import AlertScreens, visit_of
from .data import moment
from .forms import PAGE, Form, Heading, Pager, address, is_part, page_number, pager
from .watching import who

SORTS: Final = ("worst", "entity", "newest", "oldest", "cleared")
STATES: Final = {
    "raised": N_("standing"),
    "open": N_("not acknowledged"),
    "cleared": N_("over"),
    "all": N_("all"),
}
DONE: Final = {"acknowledged": N_("Acknowledged.")}


class AlertRow(msgspec.Struct, kw_only=True):
    id: str
    severity: str
    state: int  # place among the five states
    title: str
    text: str
    entity: str
    entity_name: str
    started_us: int
    cleared_us: int | None
    acknowledged: str  # by whom; ""
    snoozed_until_us: int | None  # only while it is
    comments: int
    raised: bool


class AlertsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    rows: list[AlertRow]
    columns: list[Heading]
    pager: Pager
    counts: dict[str, int]  # severity → open ones, the worst first
    search: str
    state: str
    states: dict[str, str]
    severity: str
    severities: dict[str, str]
    type: str
    types: dict[str, str]
    rule: str
    rules: dict[str, str]
    first: str  # day from which on they stood, YYYY-MM-DD; ""
    last: str  # day up to which, with it; ""
    at: str  # the moment shown; "": now
    at_us: int
    may_manage: bool
    said: str
    newest_ms: int  # what came in later is new


class AlertsScreen:
    """The handlers of the list."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._catalogue = Catalogue(rooms)

    async def list(self, request: AnyRequest) -> Response[Any]:
        """The list; htmx asks for its table alone."""
        visit = await visit_of(self._rooms, self._visits, request, "alerts.read")
        query, say = request.query_params, words(visit.language)
        state = query.get("state", "") if query.get("state") in STATES else "raised"
        severity = query.get("severity", "") if query.get("severity") in SEVERITIES else ""
        at = query.get("at", "")[:40]
        sort = (
            query.get("sort", "")
            if query.get("sort") in SORTS
            else "newest"
            if state in ("cleared", "all")
            else "worst"
        )
        timezone = self._rooms.settings.timezone
        first, last = day_of(query.get("first", "")), day_of(query.get("last", ""))
        insight = self._rooms.insight
        found, total = insight.alerts(
            visit.tenant,
            **_asked(query, timezone),
            state="" if state == "all" else state,
            severity=severity,
            sort=sort,
            limit=PAGE,
            offset=page_number(request) * PAGE,
        )
        now = self._rooms.clock()
        counts = insight.counts(visit.tenant)
        rules = insight.rules(visit.tenant)
        page = AlertsPage(
            frame=self._visits.frame(visit, "alerts", "Alerts", at=at),
            island=Island(
                language=visit.language,
                timezone=timezone,
                words=say.some(ISLAND_TEXTS),
                at=at,
            ),
            rows=[_row(a, visit.language, now) for a in found],
            columns=_heads(request, sort, say),
            pager=pager(request, len(found), total),
            counts={s: counts.get(s, 0) for s in reversed(SEVERITIES)},
            search=query.get("q", "")[:200],
            state=state,
            states={s: say(text) for s, text in STATES.items()},
            severity=severity,
            severities={s: say(SEVERITY[s]) for s in SEVERITIES},
            type=query.get("type", ""),
            types={s.iri: s.plural for s in self._catalogue.sorts(visit.tenant, visit.language)},
            rule=query.get("rule", ""),
            rules={r.id: r.title[visit.language] for r in sorted(rules, key=lambda r: r.title[visit.language])},
            first=first.isoformat() if first else "",
            last=last.isoformat() if last else "",
            at=at,
            at_us=moment(at) if at else now,
            may_manage=not at and self._visits.may(visit, "alerts.manage"),
            said=say(DONE.get(query.get("done", ""), "")),
            newest_ms=now // 1000,
        )
        template = "parts/alert_table.html" if is_part(request) else "pages/alerts.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    async def acknowledge(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Acknowledges every alert that is ticked."""
        visit = await visit_of(self._rooms, self._visits, request, "alerts.manage")
        ticked = [name.removeprefix("alert.") for name in data if name.startswith("alert.")][: PAGE * 4]
        for alert in ticked:
            self._rooms.insight.acknowledge(visit.tenant, alert, who(visit), data.get("note", "")[:500])
            await self._rooms.access.record(visit.principal, "alert.acknowledge", alert, tenant=visit.tenant)
        return Redirect("/alerts?done=acknowledged" if ticked else "/alerts", status_code=303)


def _asked(query: Any, timezone: str) -> dict[str, Any]:
    """What an address asks of the list beside state, severity and order; days are those of a time zone."""
    at, first, last = query.get("at", "")[:40], day_of(query.get("first", "")), day_of(query.get("last", ""))
    return {
        "type": query.get("type", "")[:300],
        "rule": query.get("rule", "")[:200],
        "text": query.get("q", "")[:200].strip(),
        "at_us": moment(at) if at else None,
        "since_us": midnight(first, timezone) if first else None,
        "until_us": midnight(last + timedelta(days=1), timezone) if last else None,
    }


def day_of(text: str) -> date | None:
    """The day that a field of a form names; None: it names none."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if 1970 < found.year < 2200 else None


def midnight(day: date, timezone: str) -> int:
    """µs at which a day begins in a time zone."""
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).timestamp()) * SECOND


def _heads(request: AnyRequest, sort: str, say: Any) -> list[Heading]:
    since = "oldest" if sort == "newest" else "newest"
    return [
        Heading(
            label=say(N_("Severity")), address=address(request, sort="worst"), sorted="descending" * (sort == "worst")
        ),
        Heading(label=say(N_("What")), address="", sorted=""),
        Heading(
            label=say(N_("Where")), address=address(request, sort="entity"), sorted="ascending" * (sort == "entity")
        ),
        Heading(
            label=say(N_("Since")),
            address=address(request, sort=since),
            sorted={"newest": "descending", "oldest": "ascending"}.get(sort, ""),
        ),
    ]


def _row(alert: Any, language: str, now: int) -> AlertRow:
    snoozed = alert.snoozed_until_us
    return AlertRow(
        id=alert.id,
        severity=alert.severity,
        state=STATE[alert.severity],
        title=alert.title[language],
        text=alert.text[language],
        entity=alert.entity,
        entity_name=alert.entity_name or alert.entity,
        started_us=alert.started_us,
        cleared_us=alert.cleared_us,
        acknowledged=alert.acknowledged.who if alert.acknowledged else "",
        snoozed_until_us=snoozed if snoozed and snoozed > now else None,
        comments=len(alert.comments),
        raised=alert.state == "raised",
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page, one = AlertsScreen(rooms, pages, visits), AlertScreens(rooms, pages, visits)
    root = "/alerts/{alert_id:str}"
    return [
        get("/alerts")(page.list),
        post("/alerts/acknowledge")(page.acknowledge),
        get(root)(one.show),
        post(f"{root}/acknowledge")(one.acknowledge),
        post(f"{root}/snooze")(one.snooze),
        post(f"{root}/comment")(one.comment),
    ]
