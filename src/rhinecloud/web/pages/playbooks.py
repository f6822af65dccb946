"""*Playbooks*: what there is, what alerts ask for, and what runs; one of them with its versions and a try."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Refused
from rhinecloud.operations import SEVERITIES, Incident, IncidentType, PlaybookStep, PlaybookVersion, playing
from rhinecloud.web.incident_tabs import Heads, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.playbook_view import EVIDENCE, Speaker, compare
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.sentence import SEVERITY
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form, Heading, headings, is_part
from .playbook_editor import PlaybookEditor
from .playbook_runs import speaking

DONE: Final = {
    "saved": N_("The playbook is saved as a new version. What runs can take it over."),
    "dismissed": N_("Nothing is begun. The reason is kept."),
}
COLUMNS: Final = (
    ("title", N_("Playbook")),
    ("steps", N_("Steps")),
    ("going", N_("Running")),
    ("version", N_("Version")),
    ("pack", N_("From")),
)


class OfferRow(msgspec.Struct, kw_only=True):
    """A playbook that an alert asks for."""

    id: int
    playbook: str
    title: str
    alert: str
    alert_title: str
    kind: str
    made_us: int
    incidents: list[tuple[str, str]]  # those in which it could be begun


class GoingRow(msgspec.Struct, kw_only=True):
    """A run that is not over."""

    href: str
    number: str
    incident: str
    exercise: bool
    title: str
    done: int
    total: int
    todo: int
    late: int
    started_us: int


class PlaybookRow(msgspec.Struct, kw_only=True):
    id: str
    title: str
    text: str
    begins: list[str]  # when it begins
    steps: int
    going: int
    version: int
    saved_us: int
    pack: str


class PlaybooksPage(msgspec.Struct, kw_only=True):
    frame: Frame
    offers: list[OfferRow]
    going: list[GoingRow]
    rows: list[PlaybookRow]
    columns: list[Heading]
    all: int
    search: str
    may_manage: bool  # incidents
    may_write: bool  # playbooks
    said: str
    wrong: str


class StepRow(msgspec.Struct, kw_only=True):
    """A step as its playbook says it."""

    id: str
    title: str
    text: str
    stage: str
    owner: str
    due: str
    after: list[str]
    condition: str
    watch: str
    evidence: str
    action: str
    public: bool
    undo: str
    optional: bool
    tried: str  # what would become of it, in a try
    trouble: str


class VersionRow(msgspec.Struct, kw_only=True):
    version: int
    saved_us: int
    who: str
    current: bool
    shown: bool
    changes: list[tuple[str, str, str]]


class PlaybookPage(msgspec.Struct, kw_only=True):
    frame: Frame
    id: str
    title: str
    text: str
    pack: str
    version: int
    newest: int
    begins: list[str]
    steps: list[StepRow]
    versions: list[VersionRow]
    types: dict[str, str]
    severities: dict[str, str]
    trying: bool
    tried_type: str
    tried_severity: str
    tried_exercise: bool
    may_write: bool
    said: str


OPENS: Final = {
    "start": N_("opens at once"),
    "after": N_("opens after the steps before it"),
    "watch": N_("opens with its reading"),
    "never": N_("is not needed"),
}


class Playbooks:
    """The handlers of the list and of one playbook."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def _visit(self, request: AnyRequest, action: str = "incidents.read") -> tuple[Visit, playing.PlaybookDesk]:
        visit = await self._visits.in_centre(request, action)
        desk = await asyncio.to_thread(self._rooms.operations.playbook_desk, visit.tenant, visit.principal)
        return visit, desk

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The list; htmx asks for what moves alone."""
        visit, desk = await self._visit(request)
        return await self._list(request, visit, desk, said=DONE.get(request.query_params.get("done", ""), ""))

    async def take(self, request: AnyRequest, offer: FromPath[int], data: Form) -> Response[Any]:
        """Begins what is offered."""
        visit, desk = await self._visit(request, "incidents.manage")
        try:
            incident, _ = await asyncio.to_thread(desk.take, offer, data.get("incident", ""))
        except (Refused, BadRequestData) as error:
            return await self._list(request, visit, desk, wrong=told(error.detail, visit.language), status=error.status)
        return Redirect(f"{address(incident.id, '/playbooks')}?done=begun", status_code=303)

    async def dismiss(self, request: AnyRequest, offer: FromPath[int], data: Form) -> Response[Any]:
        """Nothing is begun."""
        visit, desk = await self._visit(request, "incidents.manage")
        try:
            await asyncio.to_thread(desk.dismiss, offer, data.get("reason", "")[:2_000])
        except Refused as error:
            return await self._list(request, visit, desk, wrong=told(error.detail, visit.language), status=error.status)
        return Redirect("/playbooks?done=dismissed", status_code=303)

    async def _list(
        self,
        request: AnyRequest,
        visit: Visit,
        desk: playing.PlaybookDesk,
        *,
        said: str = "",
        wrong: str = "",
        status: int = 200,
    ) -> Response[Any]:
        say, query = words(visit.language), request.query_params
        search = query.get("q", "")[:200].strip()
        sort, _, way = query.get("sort", "title").partition(".")
        sort = sort if sort in dict(COLUMNS) else "title"
        offers, going, rows = await asyncio.to_thread(self._rows, visit, desk)
        found = [r for r in rows if search.casefold() in f"{r.title} {r.text} {r.id}".casefold()]
        keys: dict[str, Any] = {
            "title": lambda r: r.title.casefold(),
            "steps": lambda r: (-r.steps, r.title.casefold()),
            "going": lambda r: (-r.going, r.title.casefold()),
            "version": lambda r: (-r.version, r.title.casefold()),
            "pack": lambda r: (r.pack.casefold(), r.title.casefold()),
        }
        found.sort(key=keys[sort], reverse=way == "down")
        page = PlaybooksPage(
            frame=self._visits.frame(visit, "playbooks", "Playbooks"),
            offers=offers,
            going=going,
            rows=found,
            columns=headings(request, COLUMNS, sort, way, say),
            all=len(rows),
            search=search,
            may_manage=self._visits.may(visit, "incidents.manage"),
            may_write=self._visits.may(visit, "operations.manage"),
            said=say(said),
            wrong=wrong,
        )
        part = {"moving": "parts/playbooks_moving.html", "table": "parts/playbook_table.html"}
        template = part.get(query.get("part", ""), "") if is_part(request) else ""
        return self._pages.render(
            template or "pages/playbooks.html", page, status=status, headers={"Vary": "HX-Request"}
        )

    def _rows(
        self, visit: Visit, desk: playing.PlaybookDesk
    ) -> tuple[list[OfferRow], list[GoingRow], list[PlaybookRow]]:
        """Blocking."""
        language = visit.language
        speaker = speaking(self._rooms, self._heads, visit, desk)
        known = {p.id: p for p in desk.every()}
        going = desk.going()
        rows = [
            PlaybookRow(
                id=p.id,
                title=p.title[language],
                text=p.text[language],
                begins=self._begins(p, speaker, visit),
                steps=len(p.steps),
                going=sum(g.run.playbook == p.id for g in going),
                version=p.version,
                saved_us=p.saved_us,
                pack=self._pack(p, visit),
            )
            for p in known.values()
        ]
        return self._offers(visit, desk, known, speaker), [_going(g, known, language) for g in going], rows

    def _offers(
        self, visit: Visit, desk: playing.PlaybookDesk, known: dict[str, PlaybookVersion], speaker: Speaker
    ) -> list[OfferRow]:
        made = []
        centre = self._rooms.operations.desk(visit.tenant, visit.principal)
        for offer in desk.offers():
            try:
                alert = self._rooms.insight.alert(visit.tenant, offer.alert)
                said = f"{alert.title[visit.language]}: {alert.entity_name}"
            except Refused:
                said = offer.rule
            there = [i for i in centre.incidents() if i.type == offer.type and i.state in _OPEN]
            playbook = known.get(offer.playbook)
            made.append(
                OfferRow(
                    id=offer.id,
                    playbook=offer.playbook,
                    title=playbook.title[visit.language] if playbook else offer.playbook,
                    alert=offer.alert,
                    alert_title=said,
                    kind=speaker.types.get(offer.type, offer.type),
                    made_us=offer.made_us,
                    incidents=[(i.id, f"{i.number} {i.title}") for i in there],
                )
            )
        return made

    def _begins(self, given: PlaybookVersion, speaker: Speaker, visit: Visit) -> list[str]:
        say = words(visit.language)
        kinds = self._rooms.operations.desk(visit.tenant, visit.principal).things(IncidentType)
        types = dict.fromkeys((*given.types, *(k.id for k in kinds.values() if given.id in k.playbooks)))
        made = [say(N_("with incidents: %(what)s")) % {"what": speaker.types.get(t, t)} for t in types]
        rules = {r.id: r.title[visit.language] for r in self._rooms.insight.rules(visit.tenant)}
        for start, sentence in (("start", N_("by itself on: %(what)s")), ("offer", N_("offered on: %(what)s"))):
            named = [rules.get(t.rule, t.rule) for t in given.triggers if t.start == start]
            if named:
                made.append(say(sentence) % {"what": "; ".join(named)})
        return made

    def _pack(self, given: PlaybookVersion, visit: Visit) -> str:
        pack = given.who.removeprefix("pack:") if given.who.startswith("pack:") else ""
        found = next((p.title[visit.language] for p in self._rooms.packs if p.id == pack), pack)
        return found or words(visit.language)(N_("our own"))

    # ── one of them ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def one(self, request: AnyRequest, playbook_id: FromPath[str]) -> Response[Any]:
        """A playbook, in its newest version or in another one; with `try` what its steps would do."""
        visit, desk = await self._visit(request)
        page = await asyncio.to_thread(self._one, request, visit, desk, playbook_id)
        return self._pages.render("pages/playbook.html", page)

    def _one(self, request: AnyRequest, visit: Visit, desk: playing.PlaybookDesk, playbook_id: str) -> PlaybookPage:
        language, say, query = visit.language, words(visit.language), request.query_params
        versions = desk.versions(playbook_id)
        wished = query.get("version", "")
        given = next((v for v in versions if str(v.version) == wished), versions[0])
        speaker = speaking(self._rooms, self._heads, visit, desk)
        kind = query.get("type", "")
        wanted = (*given.types, *(t.type for t in given.triggers), *speaker.types)
        kind = kind if kind in speaker.types else next((t for t in wanted if t in speaker.types), "")
        severity = next((s for s in SEVERITIES if s == query.get("severity")), SEVERITIES[2])
        example = Incident(
            id="",
            number="",
            type=kind,
            title="",
            state="triaged",
            severity=severity,
            exercise=query.get("exercise") == "1",
        )
        tried = {t.step.id: t for t in desk.rehearse(given, example)} if query.get("try") == "1" else {}
        titles = {s.id: s.title[language] for s in given.steps}
        return PlaybookPage(
            frame=self._visits.frame(visit, "playbooks", given.title[language]),
            id=given.id,
            title=given.title[language],
            text=given.text[language],
            pack=self._pack(given, visit),
            version=given.version,
            newest=versions[0].version,
            begins=self._begins(given, speaker, visit),
            steps=[_step(s, speaker, titles, tried.get(s.id), example) for s in given.steps],
            versions=[
                VersionRow(
                    version=v.version,
                    saved_us=v.saved_us,
                    who=self._pack(v, visit) if v.who.startswith("pack:") else speaker.who(v.who),
                    current=v.version == versions[0].version,
                    shown=v.version == given.version,
                    changes=compare(versions[n + 1], v, language) if n + 1 < len(versions) else [],
                )
                for n, v in enumerate(versions)
            ],
            types=dict(speaker.types),
            severities={s: say(SEVERITY[s]) for s in SEVERITIES},
            trying=query.get("try") == "1",
            tried_type=kind,
            tried_severity=severity,
            tried_exercise=example.exercise,
            may_write=self._visits.may(visit, "operations.manage"),
            said=say(DONE.get(query.get("done", ""), "")),
        )


_OPEN: Final = ("reported", "triaged", "assigned", "under-way", "on-scene", "contained", "resolved")


def _going(going: playing.Going, known: dict[str, PlaybookVersion], language: str) -> GoingRow:
    run, incident = going.run, going.incident
    real = [s for s in run.steps if s.state not in ("removed", "not-needed")]
    playbook = known.get(run.playbook)
    return GoingRow(
        href=address(incident.id, "/playbooks"),
        number=incident.number,
        incident=incident.title,
        exercise=incident.exercise,
        title=playbook.title[language] if playbook else run.playbook,
        done=sum(s.state in ("done", "skipped") for s in real),
        total=len(real),
        todo=sum(s.state == "open" for s in real),
        late=sum(s.state == "open" and s.late for s in real),
        started_us=run.started_us,
    )


def _step(
    step: PlaybookStep, speaker: Speaker, titles: dict[str, str], tried: playing.Tried | None, example: Incident
) -> StepRow:
    language, say = speaker.language, speaker.say
    action = speaker.actions.get(step.action)
    words_of_action = (action.title[language] or step.action) if action else step.action
    if tried is not None and tried.action is not None:
        words_of_action = tried.action[language]
    return StepRow(
        id=step.id,
        title=step.title[language],
        text=step.text[language],
        stage=step.stage[language],
        owner=speaker.owner(step.owner),
        due=speaker.due(step),
        after=[titles.get(a, a) for a in step.after],
        condition=speaker.condition(step.when),
        watch=speaker.watch(step.watch) if step.watch else "",
        evidence=say(EVIDENCE[step.evidence]) if step.evidence else "",
        action=words_of_action,
        public=bool(action and action.public),
        undo=step.undo[language],
        optional=step.optional,
        tried=say(OPENS[tried.opens]) if tried else "",
        trouble=tried.trouble if tried else "",
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page, editor = Playbooks(rooms, pages, visits), PlaybookEditor(rooms, pages, visits)
    one = "/playbooks/{playbook_id:str}"
    return [
        get("/playbooks")(page.show),
        post("/playbooks/offers/{offer:int}/take")(page.take),
        post("/playbooks/offers/{offer:int}/dismiss")(page.dismiss),
        get("/playbooks/new")(editor.new),
        post("/playbooks/sketch")(editor.sketch),
        post("/playbooks/save")(editor.save),
        get(one)(page.one),
        get(f"{one}/edit")(editor.edit),
    ]


def href(playbook_id: str) -> str:
    return f"/playbooks/{quote(playbook_id, safe='')}"
