"""*Rules*: what the city watches for. The list, and the editor that reads like a sentence."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import ResourceNotFound, RhineError
from rhinecloud.insight import SEVERITIES
from rhinecloud.web.catalogue import Catalogue, Choosable, Sort
from rhinecloud.web.districts import districts
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.jobs import Jobs
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.rule_form import FORMS, Fields, empty, fields
from rhinecloud.web.rule_reading import Errors, read
from rhinecloud.web.sentence import HOW, SEVERITY, STATE, UNITS, WAYS, parts, plain, reading
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import PAGE, Form, Pager, address, is_part, page_number, pager
from .rule_preview import RulePreview, preview
from .trials import SPANS, Trials

list_ = list  # `list` is the name of a handler below

COLUMNS: Final = (
    ("title", N_("Rule")),
    ("severity", N_("Severity")),
    ("alerts", N_("Alerts now")),
    ("pack", N_("From")),
)
FORM_NAMES: Final = {
    "level": N_("A value is …"),
    "change": N_("A value changes fast"),
    "silence": N_("Nothing is heard"),
    "forecast": N_("A forecast says …"),
    "query": N_("A condition of your own"),
}
DONE: Final = {
    "saved": N_("The rule is saved."),
    "on": N_("The rule is switched on. It looks at every new observation."),
    "off": N_("The rule is switched off. What it had raised is cleared."),
    "deleted": N_("The rule is deleted."),
    "undone": N_("The rule is again as the pack says, and follows its updates."),
    "restored": N_("The older version is in force again, as a new version."),
}


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


class Heading(msgspec.Struct, kw_only=True):
    """The head of a column that sorts."""

    label: str
    address: str
    sorted: str  # "ascending", "descending" or ""


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


class VersionRow(msgspec.Struct, kw_only=True):
    version: int
    saved_us: int
    who: str
    sentence: list[tuple[bool, str]]
    changes: list[tuple[str, str, str]]  # (what, before, after)
    current: bool


class RulePage(msgspec.Struct, kw_only=True):
    """The editor."""

    frame: Frame
    island: Island
    id: str  # "" is a new rule
    changed: bool  # the city made something else of the pack's rule
    title: str
    version: int
    pack: str  # title of the pack that brings it; "" is the city's own
    on: bool
    typed: Fields
    wrong: Errors
    sentence: list[tuple[bool, str]]  # with places for the fields
    sorts: list[Sort]
    attributes: list[Choosable]
    attribute: Choosable | None
    forms: dict[str, str]
    hows: dict[str, str]
    ways: dict[str, str]
    severities: dict[str, str]
    units: dict[str, str]
    boroughs: list[str]
    quarters: list[str]
    playbooks: dict[str, str]
    preview: RulePreview
    versions: list[VersionRow]
    trouble: str
    alerts: int  # raised now
    may_manage: bool
    said: str


class Rules:
    """The handlers of the list and the editor."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, trials: Trials) -> None:
        self._rooms, self._pages, self._visits, self._trials = rooms, pages, visits, trials
        self._catalogue = Catalogue(rooms)

    # ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def list(self, request: AnyRequest) -> Response[Any]:
        """All rules; htmx asks for the table alone."""
        visit = await self._visit(request, "rules.read")
        query, say = request.query_params, words(visit.language)
        search, severity = query.get("q", "")[:200].strip(), query.get("severity", "")
        state, pack = query.get("state", ""), query.get("pack", "")[:100]
        rules = self._rules(visit.tenant)
        raised = self._raised(visit.tenant)
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

    # ── the editor ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def new(self, request: AnyRequest) -> Response[Any]:
        """The editor with a new rule, about a type (`?type=`)."""
        visit = await self._visit(request, "rules.manage")
        sorts = self._catalogue.sorts(visit.tenant, visit.language)
        wished = request.query_params.get("type", "")
        sort = next((s for s in sorts if wished in (s.name, s.iri)), sorts[0] if sorts else None)
        return await self._editor(visit, empty(sort))

    async def one(self, request: AnyRequest, rule_id: FromPath[str]) -> Response[Any]:
        """The editor with a rule that there is."""
        visit = await self._visit(request, "rules.read")
        rule = self._rule(visit.tenant, rule_id)
        said = words(visit.language)(DONE.get(request.query_params.get("done", ""), ""))
        return await self._editor(visit, fields(rule, visit.language), rule=rule, said=said)

    async def sketch(self, request: AnyRequest, data: Form) -> Response[Any]:
        """What htmx asks for while somebody writes: the sentence anew (`part=sentence`), or the preview."""
        visit = await self._visit(request, "rules.read")
        part = "parts/rule_sketch.html" if data.get("part") == "sentence" else "parts/rule_preview.html"
        return await self._editor(visit, empty(None) | data, template=part, quiet=True)

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Saves a new rule or a new version; a form that is wrong comes back. A pack's is the city's from then on."""
        if data.get("act") in SPANS:  # without script, the buttons of the trial send the whole form here
            return await self._trials.start(request, data | {"span": data["act"]})
        visit = await self._visit(request, "rules.manage")
        typed, rule_id = empty(None) | {"on": ""} | data, data.get("rule", "")
        before = self._rule(visit.tenant, rule_id) if rule_id else None
        if data.get("act") == "look":  # without script: the sentence anew, nothing is saved
            return await self._editor(visit, typed, rule=before)
        sort = self._catalogue.sort(typed["type"], visit.language)
        rule, wrong = read(typed, sort, self._rooms.model, rule_id=rule_id)
        if rule is None:
            return await self._editor(visit, typed, wrong=wrong, rule=before, status=400)
        if before is not None:  # what the form does not show stays as it was
            rule = msgspec.structs.replace(rule, pack=before.pack, scope_q=before.scope_q)
        try:
            saved = self._rooms.insight.save_rule(visit.tenant, rule, who(visit))
        except RhineError as error:
            return await self._editor(visit, typed, wrong={"form": error.detail}, rule=before, status=error.status)
        await self._record(visit, "rule.save", saved.id, version=saved.version)
        return Redirect(f"/rules/{quote(saved.id)}?done=saved", status_code=303)

    async def switch(self, request: AnyRequest, rule_id: FromPath[str], data: Form) -> Response[Any]:
        """Switches a rule on or off."""
        visit = await self._visit(request, "rules.manage")
        on = data.get("on") == "1"
        self._rule(visit.tenant, rule_id)
        self._rooms.insight.switch_rule(visit.tenant, rule_id, on, who(visit))
        await self._record(visit, "rule.switch", rule_id, on=on)
        back = "/rules" if data.get("back") == "list" else f"/rules/{quote(rule_id)}"
        return Redirect(f"{back}?done={'on' if on else 'off'}", status_code=303)

    async def delete(self, request: AnyRequest, rule_id: FromPath[str]) -> Response[Any]:
        """Deletes a city's own rule; a pack's goes back to what the pack says."""
        visit = await self._visit(request, "rules.manage")
        rule = self._rule(visit.tenant, rule_id)
        self._rooms.insight.delete_rule(visit.tenant, rule_id, who(visit))
        await self._record(visit, "rule.delete", rule_id)
        done = f"/rules/{quote(rule_id)}?done=undone" if rule.pack else "/rules?done=deleted"
        return Redirect(done, status_code=303)

    async def restore(self, request: AnyRequest, rule_id: FromPath[str], data: Form) -> Response[Any]:
        """Puts an older version in force again."""
        visit = await self._visit(request, "rules.manage")
        wished = data.get("version", "")
        found = next((v for v in self._versions(visit.tenant, rule_id) if str(v.rule.version) == wished), None)
        if found is None:
            raise ResourceNotFound(f"Rule {rule_id[:100]} has no version {wished[:20]}")
        saved = self._rooms.insight.save_rule(visit.tenant, found.rule, who(visit))
        await self._record(visit, "rule.restore", rule_id, restored=int(wished), version=saved.version)
        return Redirect(f"/rules/{quote(rule_id)}?done=restored", status_code=303)

    # ── what they share ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _visit(self, request: AnyRequest, action: str) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, action)
        if self._rooms.insight is None:
            raise ResourceNotFound("This installation watches for nothing")
        return visit

    def _rules(self, tenant: str) -> list_[Any]:
        found: list_[Any] = self._rooms.insight.rules(tenant)
        return found

    def _rule(self, tenant: str, rule_id: str) -> Any:
        return self._rooms.insight.rule(tenant, rule_id)

    def _versions(self, tenant: str, rule_id: str) -> list_[Any]:
        found: list_[Any] = self._rooms.insight.rule_versions(tenant, rule_id)
        return found

    def _raised(self, tenant: str) -> dict[str, int]:
        """Rule → alerts that stand now."""
        alerts, _ = self._rooms.insight.alerts(tenant, state="raised", limit=5_000)
        counts: dict[str, int] = {}
        for alert in alerts:
            counts[alert.rule] = counts.get(alert.rule, 0) + 1
        return counts

    async def _record(self, visit: Visit, action: str, subject: str, **detail: Any) -> None:
        await self._rooms.access.record(visit.principal, action, subject, tenant=visit.tenant, **detail)

    def _pack(self, pack_id: str, language: str) -> str:
        found = next((p for p in self._rooms.packs if p.id == pack_id), None)
        return str(found.title[language]) if found else pack_id

    def _trouble(self, tenant: str, rule_id: str) -> str:
        found = self._rooms.insight.trouble(tenant, rule_id)
        return str(found.detail) if found else ""

    def _row(self, rule: Any, visit: Visit, alerts: int) -> RuleRow:
        sort = self._catalogue.sort(rule.type, visit.language)
        return RuleRow(
            id=rule.id,
            title=rule.title[visit.language],
            sentence=reading(fields(rule, visit.language), sort, visit.language),
            severity=rule.severity,
            state=STATE[rule.severity],
            alerts=alerts,
            pack=self._pack(rule.pack, visit.language),
            on=rule.on,
            trouble=self._trouble(visit.tenant, rule.id),
        )

    async def _editor(
        self,
        visit: Visit,
        typed: Fields,
        *,
        rule: Any = None,
        wrong: Errors | None = None,
        template: str = "pages/rule.html",
        quiet: bool = False,
        said: str = "",
        status: int = 200,
    ) -> Response[Any]:
        language, say = visit.language, words(visit.language)
        sorts = self._catalogue.sorts(visit.tenant, language)
        sort = self._catalogue.sort(typed["type"], language)
        if sort is not None and all(s.name != sort.name for s in sorts):
            sorts.append(sort)
        form = typed["sort"] = typed["sort"] if typed["sort"] in FORMS else "level"
        attributes = [a for a in sort.attributes if _fits(a, form)] if sort else []
        if attributes and typed["attr"] not in {a.name for a in attributes} | {a.iri for a in attributes}:
            typed["attr"] = next((a.name for a in attributes if a.main), attributes[0].name)
        made, problems = read(typed, sort, self._rooms.model, rule_id=rule.id if rule else "")
        made = made or self._nameless(typed, sort)
        looked = await preview(self._rooms, visit.tenant, made, sort) if made and sort else RulePreview()
        if quiet and not looked.ready:
            looked.error = say(next((text for name, text in problems.items() if not name.startswith("title")), ""))
        title = rule.title[language] if rule else say(N_("New rule"))
        page = RulePage(
            frame=self._visits.frame(visit, "rules", title),
            island=Island(
                language=language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                map_style=self._rooms.settings.map_style,
                pmtiles="/web/map.pmtiles" if self._rooms.settings.map_pmtiles else "",
            ),
            id=rule.id if rule else typed.get("rule", ""),
            changed=bool(rule and rule.pack and self._rooms.insight.rule_changed(visit.tenant, rule.id)),
            title=title,
            version=rule.version if rule else 0,
            pack=self._pack(rule.pack, language) if rule else "",
            on=rule.on if rule else False,
            typed=typed,
            wrong={name: say(text) for name, text in (wrong or {}).items()},
            sentence=parts(form, language),
            sorts=sorts,
            attributes=attributes,
            attribute=sort.attribute(typed["attr"]) if sort else None,
            forms={f: say(FORM_NAMES[f]) for f in FORMS},
            hows={h: say(text) for h, text in HOW.items()},
            ways={w: say(text) for w, text in WAYS.get(form, {}).items()},
            severities={s: say(SEVERITY[s]) for s in SEVERITIES},
            units={u: say(text) for u, text in UNITS.items()},
            boroughs=[d.name for d in districts().values() if d.layer == "borough"],
            quarters=[d.name for d in districts().values() if d.layer == "quarter"],
            playbooks={p.id: p.title[language] for pack in self._rooms.packs for p in getattr(pack, "playbooks", ())},
            preview=looked,
            versions=self._history(visit, rule) if rule and template.startswith("pages") else [],
            trouble=self._trouble(visit.tenant, rule.id) if rule else "",
            alerts=self._raised(visit.tenant).get(rule.id, 0) if rule else 0,
            may_manage=self._visits.may(visit, "rules.manage"),
            said=said,
        )
        return self._pages.render(template, page, status=status)

    def _nameless(self, typed: Fields, sort: Sort | None) -> Any:
        """The rule for a look at what matches, where only its name is not written yet."""
        rule, _ = read(typed | {"title_en": typed["title_en"] or "?"}, sort, self._rooms.model)
        return rule

    def _history(self, visit: Visit, rule: Any) -> list_[VersionRow]:
        found = sorted(self._versions(visit.tenant, rule.id), key=lambda v: -v.rule.version)
        rows = []
        for at, kept in enumerate(found):
            sort = self._catalogue.sort(kept.rule.type, visit.language)
            older = found[at + 1].rule if at + 1 < len(found) else None
            rows.append(
                VersionRow(
                    version=kept.rule.version,
                    saved_us=kept.saved_us,
                    who=kept.who,
                    sentence=reading(fields(kept.rule, visit.language), sort, visit.language),
                    changes=_changes(older, kept.rule) if older else [],
                    current=kept.rule.version == rule.version,
                )
            )
        return rows


def headings(request: AnyRequest, columns: Any, sort: str, way: str, say: Any) -> list_[Heading]:
    """The heads of a table's columns, each with the address that sorts by it."""
    return [
        Heading(
            label=say(label),
            address=address(request, sort=f"{name}.down" if name == sort and way != "down" else name),
            sorted=("descending" if way == "down" else "ascending") if name == sort else "",
        )
        for name, label in columns
    ]


def who(visit: Visit) -> str:
    """Whom insight keeps as the one who did it."""
    return str(visit.session.name if visit.session else visit.principal.name)


def _fits(attribute: Choosable, form: str) -> bool:
    if form in ("change", "forecast"):
        return attribute.numeric
    return attribute.kind in ("number", "integer", "text", "boolean")


def _changes(before: Any, after: Any) -> list_[tuple[str, str, str]]:
    """What differs between two versions: (member, before, after)."""
    found = []
    for name in type(after).__struct_fields__:
        if name in ("id", "version", "pack"):
            continue
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            found.append((name, _said(one), _said(other)))
    return found


def _said(value: Any) -> str:
    if isinstance(value, Label):
        return f"{value.de} / {value.en}"
    return str(value) if isinstance(value, str) else msgspec.json.encode(value).decode()[:200]


def routes(rooms: Rooms, pages: Pages, visits: Visits, jobs: Jobs) -> list_[Any]:
    trials = Trials(rooms, pages, visits, jobs)
    page = Rules(rooms, pages, visits, trials)
    one = "/rules/{rule_id:str}"
    return [
        get("/rules")(page.list),
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
