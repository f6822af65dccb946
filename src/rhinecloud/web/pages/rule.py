"""A rule: the editor that reads like a sentence, its versions, and what is done with it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import ResourceNotFound, RhineError
from rhinecloud.insight import SEVERITIES
from rhinecloud.web.catalogue import Choosable, Sort
from rhinecloud.web.districts import districts
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.rule_form import FORMS, Fields, empty, fields
from rhinecloud.web.rule_reading import Errors, read
from rhinecloud.web.sentence import HOW, SEVERITY, UNITS, WAYS, parts, reading
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .rule_preview import RulePreview, preview
from .trials import SPANS, Trials
from .watching import DONE, Watching, who

FORM_NAMES: Final = {
    "level": N_("A value is …"),
    "change": N_("A value changes fast"),
    "silence": N_("Nothing is heard"),
    "forecast": N_("A forecast says …"),
    "query": N_("A condition of your own"),
}


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


class RuleEditor:
    """The handlers of one rule."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, trials: Trials) -> None:
        self._rooms, self._pages, self._visits, self._trials = rooms, pages, visits, trials
        self._watching = Watching(rooms, visits)

    async def new(self, request: AnyRequest) -> Response[Any]:
        """The editor with a new rule, about a type (`?type=`)."""
        visit = await self._watching.visit(request, "rules.manage")
        sorts = self._watching.catalogue.sorts(visit.tenant, visit.language)
        wished = request.query_params.get("type", "")
        sort = next((s for s in sorts if wished in (s.name, s.iri)), sorts[0] if sorts else None)
        return await self._editor(visit, empty(sort))

    async def one(self, request: AnyRequest, rule_id: FromPath[str]) -> Response[Any]:
        """The editor with a rule that there is."""
        visit = await self._watching.visit(request, "rules.read")
        rule = self._watching.rule(visit.tenant, rule_id)
        said = words(visit.language)(DONE.get(request.query_params.get("done", ""), ""))
        return await self._editor(visit, fields(rule, visit.language), rule=rule, said=said)

    async def sketch(self, request: AnyRequest, data: Form) -> Response[Any]:
        """What htmx asks for while somebody writes: the sentence anew (`part=sentence`), or the preview."""
        visit = await self._watching.visit(request, "rules.read")
        part = "parts/rule_sketch.html" if data.get("part") == "sentence" else "parts/rule_preview.html"
        return await self._editor(visit, empty(None) | data, template=part, quiet=True)

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Saves a new rule or a new version; a form that is wrong comes back. A pack's is the city's from then on."""
        if data.get("act") in SPANS:  # without script, the buttons of the trial send the whole form here
            return await self._trials.start(request, data | {"span": data["act"]})
        visit = await self._watching.visit(request, "rules.manage")
        typed, rule_id = empty(None) | {"on": ""} | data, data.get("rule", "")
        before = self._watching.rule(visit.tenant, rule_id) if rule_id else None
        if data.get("act") == "look":  # without script: the sentence anew, nothing is saved
            return await self._editor(visit, typed, rule=before)
        sort = self._watching.catalogue.sort(typed["type"], visit.language)
        rule, wrong = read(typed, sort, self._rooms.model, rule_id=rule_id)
        if rule is None:
            return await self._editor(visit, typed, wrong=wrong, rule=before, status=400)
        if before is not None:  # what the form does not show stays as it was
            rule = msgspec.structs.replace(rule, pack=before.pack, scope_q=before.scope_q)
        try:
            saved = self._rooms.insight.save_rule(visit.tenant, rule, who(visit))
        except RhineError as error:
            return await self._editor(visit, typed, wrong={"form": error.detail}, rule=before, status=error.status)
        await self._watching.record(visit, "rule.save", saved.id, version=saved.version)
        return Redirect(f"/rules/{quote(saved.id)}?done=saved", status_code=303)

    async def switch(self, request: AnyRequest, rule_id: FromPath[str], data: Form) -> Response[Any]:
        """Switches a rule on or off."""
        visit = await self._watching.visit(request, "rules.manage")
        on = data.get("on") == "1"
        self._watching.rule(visit.tenant, rule_id)
        self._rooms.insight.switch_rule(visit.tenant, rule_id, on, who(visit))
        await self._watching.record(visit, "rule.switch", rule_id, on=on)
        back = "/rules" if data.get("back") == "list" else f"/rules/{quote(rule_id)}"
        return Redirect(f"{back}?done={'on' if on else 'off'}", status_code=303)

    async def delete(self, request: AnyRequest, rule_id: FromPath[str]) -> Response[Any]:
        """Deletes a city's own rule; a pack's goes back to what the pack says."""
        visit = await self._watching.visit(request, "rules.manage")
        rule = self._watching.rule(visit.tenant, rule_id)
        self._rooms.insight.delete_rule(visit.tenant, rule_id, who(visit))
        await self._watching.record(visit, "rule.delete", rule_id)
        done = f"/rules/{quote(rule_id)}?done=undone" if rule.pack else "/rules?done=deleted"
        return Redirect(done, status_code=303)

    async def restore(self, request: AnyRequest, rule_id: FromPath[str], data: Form) -> Response[Any]:
        """Puts an older version in force again."""
        visit = await self._watching.visit(request, "rules.manage")
        wished = data.get("version", "")
        found = next((v for v in self._watching.versions(visit.tenant, rule_id) if str(v.rule.version) == wished), None)
        if found is None:
            raise ResourceNotFound(f"Rule {rule_id[:100]} has no version {wished[:20]}")
        saved = self._rooms.insight.save_rule(visit.tenant, found.rule, who(visit))
        await self._watching.record(visit, "rule.restore", rule_id, restored=int(wished), version=saved.version)
        return Redirect(f"/rules/{quote(rule_id)}?done=restored", status_code=303)

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
        sorts = self._watching.catalogue.sorts(visit.tenant, language)
        sort = self._watching.catalogue.sort(typed["type"], language)
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
            pack=self._watching.pack(rule.pack, language) if rule else "",
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
            trouble=self._watching.trouble(visit.tenant, rule.id) if rule else "",
            alerts=self._watching.raised(visit.tenant).get(rule.id, 0) if rule else 0,
            may_manage=self._visits.may(visit, "rules.manage"),
            said=said,
        )
        return self._pages.render(template, page, status=status)

    def _nameless(self, typed: Fields, sort: Sort | None) -> Any:
        """The rule for a look at what matches, where only its name is not written yet."""
        rule, _ = read(typed | {"title_en": typed["title_en"] or "?"}, sort, self._rooms.model)
        return rule

    def _history(self, visit: Visit, rule: Any) -> list[VersionRow]:
        found = sorted(self._watching.versions(visit.tenant, rule.id), key=lambda v: -v.rule.version)
        rows = []
        for at, kept in enumerate(found):
            sort = self._watching.catalogue.sort(kept.rule.type, visit.language)
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


def _fits(attribute: Choosable, form: str) -> bool:
    if form in ("change", "forecast"):
        return attribute.numeric
    return attribute.kind in ("number", "integer", "text", "boolean")


def _changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
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
