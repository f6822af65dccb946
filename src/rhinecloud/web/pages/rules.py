"""*Rules*: what the city watches for, as a list; and the addresses of all that is about rules."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, get, post

from rhinecloud.insight import SEVERITIES
from rhinecloud.web.jobs import Jobs
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.rule_form import fields
from rhinecloud.web.sentence import SEVERITY, STATE, plain, reading
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import PAGE, Heading, Pager, headings, is_part, page_number, pager
from .rule import RuleEditor
from .trials import Trials
from .watching import DONE, Watching

COLUMNS: Final = (
    ("title", N_("Rule")),
    ("severity", N_("Severity")),
    ("alerts", N_("Alerts now")),
    ("pack", N_("From")),
)


class RuleRow(msgspec.Struct, kw_only=True):
    id: str
    title: str
    sentence: list[tuple[bool, str]]
    severity: str
    state: int
    alerts: int
    pack: str  # title of the pack; "" is the city's own
    on: bool
    trouble: str


class RulesPage(msgspec.Struct, kw_only=True):
    frame: Frame
    rows: list[RuleRow]
    columns: list[Heading]
    pager: Pager
    all: int
    on: int
    search: str
    severity: str
    state: str  # "on", "off" or ""
    pack: str
    packs: dict[str, str]  # id → title
    severities: dict[str, str]
    may_manage: bool
    said: str


class RuleList:
    """The handler of the list."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._pages, self._visits = pages, visits
        self._watching = Watching(rooms, visits)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """All rules; htmx asks for the table alone."""
        visit = await self._watching.visit(request, "rules.read")
        query, say = request.query_params, words(visit.language)
        search, severity = query.get("q", "")[:200].strip(), query.get("severity", "")
        state, pack = query.get("state", ""), query.get("pack", "")[:100]
        rules = self._watching.rules(visit.tenant)
        raised = self._watching.raised(visit.tenant)
        rows = [self._row(rule, visit, raised.get(rule.id, 0)) for rule in rules]
        packs = {rule.pack: row.pack for rule, row in zip(rules, rows, strict=True)}
        found = [
            row
            for rule, row in zip(rules, rows, strict=True)
            if (not severity or row.severity == severity)
            and (not state or row.on == (state == "on"))
            and (not pack or rule.pack == ("" if pack == "own" else pack))
            and (search.casefold() in f"{row.title} {plain(row.sentence)} {row.id}".casefold())
        ]
        sort, _, way = query.get("sort", "severity").partition(".")
        sort = sort if sort in dict(COLUMNS) else "severity"
        keys: dict[str, Any] = {
            "title": lambda r: r.title.casefold(),
            "severity": lambda r: (not r.on, -r.state, r.title.casefold()),
            "alerts": lambda r: (-r.alerts, r.title.casefold()),
            "pack": lambda r: (r.pack.casefold(), r.title.casefold()),
        }
        found.sort(key=keys[sort], reverse=way == "down")
        first = page_number(request) * PAGE
        page = RulesPage(
            frame=self._visits.frame(visit, "rules", "Rules"),
            rows=found[first : first + PAGE],
            columns=headings(request, COLUMNS, sort, way, say),
            pager=pager(request, len(found[first : first + PAGE]), len(found)),
            all=len(rows),
            on=sum(row.on for row in rows),
            search=search,
            severity=severity,
            state=state,
            pack=pack,
            packs={i or "own": t or say("our own") for i, t in sorted(packs.items())},
            severities={s: say(SEVERITY[s]) for s in SEVERITIES},
            may_manage=self._visits.may(visit, "rules.manage"),
            said=say(DONE.get(query.get("done", ""), "")),
        )
        template = "parts/rule_table.html" if is_part(request) else "pages/rules.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    def _row(self, rule: Any, visit: Visit, alerts: int) -> RuleRow:
        sort = self._watching.catalogue.sort(rule.type, visit.language)
        return RuleRow(
            id=rule.id,
            title=rule.title[visit.language],
            sentence=reading(fields(rule, visit.language), sort, visit.language),
            severity=rule.severity,
            state=STATE[rule.severity],
            alerts=alerts,
            pack=self._watching.pack(rule.pack, visit.language),
            on=rule.on,
            trouble=self._watching.trouble(visit.tenant, rule.id),
        )


def routes(rooms: Rooms, pages: Pages, visits: Visits, jobs: Jobs) -> list[Any]:
    trials = Trials(rooms, pages, visits, jobs)
    page = RuleEditor(rooms, pages, visits, trials)
    one = "/rules/{rule_id:str}"
    return [
        get("/rules")(RuleList(rooms, pages, visits).show),
        get("/rules/new")(page.new),
        post("/rules/sketch")(page.sketch),
        post("/rules/save")(page.save),
        get(one)(page.one),
        post(f"{one}/switch")(page.switch),
        post(f"{one}/delete")(page.delete),
        post(f"{one}/restore")(page.restore),
        post("/rules/try")(trials.start),
        get("/rules/try/{job_id:str}")(trials.show),
        post("/rules/try/{job_id:str}/cancel")(trials.cancel),
    ]
