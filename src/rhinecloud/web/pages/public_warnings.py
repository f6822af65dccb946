"""*Warnings for everybody*: what is in force and what has ended, without a script, a cookie or a question who asks.

A page is the same for all who ask in a language, so that it is rendered once, and any cache may keep it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from typing import Any, Final

import msgspec
from litestar import MediaType, Response, get
from litestar.params import FromPath

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import warnings
from rhinecloud.web.language import LANGUAGES, Words, words
from rhinecloud.web.public_map import attribution
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest
from rhinecloud.web.warning_rows import MessageView, TextView, message_view
from rhinecloud.web.warning_words import KINDS

FRESH: Final = "public, max-age=10, stale-while-revalidate=30"
FRESH_US: Final = 20 * SECOND
"""How long a page that was rendered is given to others, too; it says as of when it is."""
_KEPT: Final = 200


class PublicFrame(msgspec.Struct, kw_only=True):
    """What `base.html` needs, of nobody in particular."""

    language: str
    theme: str
    title: str
    tenant_title: str


class Choice(msgspec.Struct, kw_only=True):
    tag: str
    name: str
    path: str
    current: bool


class PublicRow(msgspec.Struct, kw_only=True):
    """A warning in the list."""

    path: str
    number: str
    gravity: int
    severity: str
    kind: str
    headline: str
    description: str
    instruction: str
    area: str
    sender: str
    onset_us: int | None
    expires_us: int | None
    ended_us: int | None
    state: str


class PublicList(msgspec.Struct, kw_only=True):
    frame: PublicFrame
    languages: list[Choice]
    in_force: list[PublicRow]
    ended: list[PublicRow]
    picture: Any
    sources: list[str]  # whose the map's geography is
    changed_us: int
    now_us: int
    query: str  # of the tenant, for links
    demo: bool


class PublicWarning(msgspec.Struct, kw_only=True):
    frame: PublicFrame
    languages: list[Choice]
    number: str
    state: str
    drill: str  # the word; "" for a real one
    preview: bool
    view: MessageView
    text: TextView
    others: list[TextView]
    before: TextView | None  # what a warning that is lifted had said
    ended_us: int | None
    history: list[tuple[str, int, str]]  # kind, when, address of its CAP
    cap: str
    sources: list[str]
    demo: bool
    now_us: int
    query: str


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """How a warning is shown: `language` is that of the page, `shown` that of the text ("": that of the page)."""

    title: str  # of the tenant
    language: str
    now_us: int
    preview: bool = False
    shown: str = ""
    state: str = ""
    query: str = ""  # names the tenant in links
    demo: bool = False


def public_page(message: warnings.Message | None, chain: warnings.Chain, how: Showing) -> PublicWarning:
    """A warning as its page shows it. Raises: ResourceNotFound: there is nothing to show yet."""
    language, query, preview = how.language, how.query, how.preview
    if message is None or not message.infos:
        raise ResourceNotFound(f"Warning {chain.number} says nothing yet")
    say = words(language)
    view = message_view(message, say)
    info = (
        next((i for i in message.infos if i.language == how.shown), None) or message.info(language) or message.infos[0]
    )
    text = next(t for t in view.texts if t.language == info.language)
    drill = view.status_word if chain.status != "Actual" else ""
    address = f"/warning-desk/{chain.number}/public" if preview else f"/warnings/{chain.number}"
    return PublicWarning(
        frame=PublicFrame(language=language, theme="light", title=text.headline, tenant_title=how.title),
        languages=[
            Choice(
                tag=t.language,
                name=t.name,
                path=f"{address}?lang={t.language}{query.replace('?', '&')}",
                current=t is text,
            )
            for t in view.texts
        ],
        number=chain.number,
        state=how.state or chain.state,
        drill=drill,
        preview=preview,
        view=view,
        text=text,
        others=[t for t in view.texts if t is not text],
        before=_before(message, chain, info.language, say),
        ended_us=chain.ended_us or (chain.expires_us if how.state == "expired" else None),
        history=[
            (say(KINDS[m.draft.kind]), m.published_us or 0, f"/warnings/{chain.number}/{m.place}.xml{query}")
            for m in chain.published
        ],
        cap=f"/warnings/{chain.number}/{chain.newest.place}.xml{query}" if chain.newest and not drill else "",
        sources=attribution(),
        demo=how.demo,
        now_us=how.now_us,
        query=query,
    )


def _before(message: warnings.Message, chain: warnings.Chain, language: str, say: Words) -> TextView | None:
    """The last words of what a message ends; None: it ends nothing."""
    if message.msg_type != "Cancel":
        return None
    earlier = [m for m in chain.published if m.cap is not None and m.draft.kind in ("alert", "update")]
    if not earlier:
        return None
    texts = message_view(warnings.read(earlier[-1].cap or b""), say).texts
    return next((t for t in texts if t.language == language), texts[0])


class PublicWarnings:
    """The handlers; what they render is kept until something is published or runs out."""

    def __init__(self, rooms: Rooms, pages: Pages) -> None:
        self._rooms, self._pages = rooms, pages
        self._kept: OrderedDict[tuple[str, str, str], tuple[object, bytes, str, int]] = OrderedDict()

    async def list(self, request: AnyRequest) -> Response[Any]:
        """All that is in force, the gravest first."""
        return await self._answer(request, "")

    async def show(self, request: AnyRequest, number: FromPath[str]) -> Response[Any]:
        """One warning, whatever became of it."""
        return await self._answer(request, number[:60])

    async def _answer(self, request: AnyRequest, number: str) -> Response[Any]:
        if self._rooms.warnings is None:
            raise ResourceNotFound("This city publishes no warnings here")
        query = request.query_params
        tenant = query.get("tenant", "") or self._rooms.settings.default_tenant
        wished = query.get("lang", "")
        shown = wished if wished in warnings.LANGUAGES else ""  # few, so that what is rendered can be kept
        board = self._rooms.warnings.board(tenant) or await self._rooms.warnings.load(tenant)
        key = (tenant, number, shown)
        kept = self._kept.get(key)
        now = self._rooms.clock()
        if kept is None or kept[0] is not board or now - kept[3] > FRESH_US:
            text = await self._render(tenant, number, shown, board)
            body = text.encode()
            kept = (board, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', now)
            self._kept[key] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        headers = {"Cache-Control": FRESH, "ETag": kept[2]}
        if kept[2] in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        return Response(kept[1], media_type=MediaType.HTML, headers=headers)

    async def _render(self, tenant: str, number: str, shown: str, board: warnings.Board) -> str:
        settings, now = self._rooms.settings, self._rooms.clock()
        base = shown.partition("-")[0]
        language = base if base in LANGUAGES else settings.language if not shown else "en"
        tenants = await asyncio.to_thread(self._rooms.access.tenants.list)
        title = {t.name: t.title for t in tenants}.get(tenant, tenant)
        query = "" if tenant == settings.default_tenant else f"?tenant={tenant}"
        if number:
            found = await self._rooms.warnings.shown(tenant, number)
            how = Showing(
                title=title,
                language=language,
                now_us=now,
                shown=shown,
                state=found.state,
                query=query,
                demo=settings.demo,
            )
            page: Any = public_page(found.message, found.chain, how)
            return await asyncio.to_thread(self._pages.text, "pages/public_warning.html", page)
        say = words(language)
        page = PublicList(
            frame=PublicFrame(language=language, theme="light", title=say("Warnings"), tenant_title=title),
            languages=[
                Choice(
                    tag=tag,
                    name={"de": "Deutsch", "en": "English"}[tag],
                    path=f"/warnings?lang={tag}{query.replace('?', '&')}",
                    current=tag == language,
                )
                for tag in LANGUAGES
            ],
            in_force=[public_row(s, language, query) for s in board.in_force],
            ended=[public_row(s, language, query) for s in board.ended],
            picture=await asyncio.to_thread(_picture, board),
            sources=attribution(),
            changed_us=board.changed_us,
            now_us=now,
            query=query,
            demo=settings.demo,
        )
        return await asyncio.to_thread(self._pages.text, "pages/public_warnings.html", page)

    def routes(self) -> Any:
        plain = {"exclude_from_csrf": True}
        return [
            get("/warnings", opt=plain)(self.list),
            get("/warnings/{number:str}", opt=plain)(self.show),
        ]


def public_row(shown: warnings.Shown, language: str, query: str = "") -> PublicRow:
    """A warning in a list, in the language of the page."""
    say = words(language)
    view = message_view_short(shown.message, say)
    info = shown.message.info(language) or shown.message.infos[0]
    return PublicRow(
        path=f"/warnings/{shown.chain.number}?lang={info.language}{query.replace('?', '&')}",
        number=shown.chain.number,
        gravity=view[0],
        severity=view[1],
        kind=say(KINDS[shown.newest.draft.kind]),
        headline=info.headline,
        description=info.description,
        instruction=info.instruction,
        area="; ".join(a.desc for a in info.areas),
        sender=info.sender_name,
        onset_us=shown.message.onset_us,
        expires_us=shown.message.expires_us,
        ended_us=shown.chain.ended_us or shown.chain.expires_us,
        state=shown.state,
    )


def message_view_short(message: warnings.Message, say: Any) -> tuple[int, str]:
    from rhinecloud.web.warning_words import GRAVITY, SEVERITY

    severity = message.infos[0].severity
    return GRAVITY.get(severity, 1), say(SEVERITY.get(severity, severity))


def _picture(board: warnings.Board) -> Any:
    from rhinecloud.web.warning_rows import picture

    found = [g for s in board.in_force if (g := warnings.outline(s.message)) is not None]
    return picture(warnings.joined(found)) if found else ""
