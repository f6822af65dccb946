"""*Data*: which types there are, and each as a table: searched, filtered, sorted, with the columns that one chooses."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from rhinecloud.base.errors import BadRequestData, ResourceNotFound, RhineError
from rhinecloud.base.model import Entity
from rhinecloud.web import asking
from rhinecloud.web.asking import Asking, Chip
from rhinecloud.web.catalogue import Catalogue, Choosable, Sort
from rhinecloud.web.copies import MEDIA, csv_file, parquet_file
from rhinecloud.web.districts import districts
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.table_rows import TableRow, table_row
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .data import moment
from .forms import PAGE, Heading, Pager, address, is_part, page_number, pager

IRI: Final = "iri."
"""Before the name of a type that nobody declares, in an address: its expanded name has slashes."""
MOST_PAST: Final = 20_000
"""Entities of the past that a table sorts; the page says when there were more."""


class SortRow(msgspec.Struct, kw_only=True):
    name: str  # as in the address: the term, or the expanded name
    label: str
    plural: str
    icon: str
    count: int
    attributes: int
    declared: bool
    open: bool  # everyone may read it


class DataPage(msgspec.Struct, kw_only=True):
    frame: Frame
    rows: list[SortRow]
    things: int
    search: str


class TablePage(msgspec.Struct, kw_only=True):
    frame: Frame
    name: str
    sort: Sort
    asking: Asking
    chips: list[Chip]
    rows: list[TableRow]
    headings: list[Heading]
    pager: Pager
    districts: list[str]
    operators: dict[str, str]
    call: str  # the API call that gives the same
    csv: str  # addresses of the downloads
    parquet: str
    past: bool  # there is a past to take away
    may_export: bool
    at: str
    at_us: int
    error: str
    query: dict[str, str]  # of the address, without what the filters say


class Explorer:
    """The handlers of types and tables."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._catalogue = Catalogue(rooms)

    async def types(self, request: AnyRequest) -> Response[Any]:
        """What there is, type by type."""
        visit, readable = await self._visit(request)
        search = request.query_params.get("q", "")[:100].strip()
        board = self._rooms.switchboard
        on = None if board is None else board.types(visit.tenant)
        rows = []
        for found in await self._rooms.presents.open(visit.tenant).types(readable=readable):
            if readable is not None and found.name not in readable:
                continue
            declared = self._rooms.model.types.get(found.name)
            if declared is not None and on is not None and found.name not in on:
                continue
            plain = found.name.rsplit("/", 1)[-1].rsplit("#", 1)[-1]
            rows.append(
                SortRow(
                    name=declared.name if declared else IRI + base64.urlsafe_b64encode(found.name.encode()).decode(),
                    label=declared.label[visit.language] if declared else plain,
                    plural=declared.plural[visit.language] if declared else plain,
                    icon=declared.icon if declared else "map-pin",
                    count=found.count,
                    attributes=len(found.attributes),
                    declared=declared is not None,
                    open=declared.open if declared else False,
                )
            )
        page = DataPage(
            frame=self._visits.frame(visit, "data", "Data"),
            rows=sorted(
                (r for r in rows if search.casefold() in f"{r.plural} {r.label} {r.name}".casefold()),
                key=lambda r: (-r.count, r.plural.casefold()),
            ),
            things=sum(r.count for r in rows),
            search=search,
        )
        template = "parts/type_list.html" if is_part(request) else "pages/data.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    async def table(self, request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        """One type as a table; htmx asks for the table alone."""
        visit, readable = await self._visit(request)
        sort = await self._sort(visit, name, readable)
        given = request.query_params
        if "add_attr" in given and (more := asking.added(given, sort)) is not None:
            kept = [(k, v) for k, v in given.multi_items() if not k.startswith("add_") and k not in ("q", "page")]
            return Redirect(f"/data/{name}?{urlencode([*kept, ('q', more)])}", status_code=303)
        asked = asking.read(given, sort)
        at = given.get("at", "")[:40]
        error, total = "", 0
        entities: list[Entity] = []
        try:
            entities, total = await self._entities(visit, asked, readable, at, page_number(request) * PAGE)
        except BadRequestData as refusal:
            error = refusal.detail
        say = words(visit.language)
        settings = self._rooms.settings
        root = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        page = TablePage(
            frame=self._visits.frame(visit, "data", sort.plural, at=at),
            name=name,
            sort=sort,
            asking=asked,
            chips=asking.chips(asked, visit.language),
            rows=[table_row(e, asked.columns, visit.language) for e in entities],
            headings=_headings(request, asked),
            pager=pager(request, len(entities), total),
            districts=list(districts()),
            operators={o: say(text) for o, text in asking.OPERATORS.items()},
            call=asked.call(root, "" if visit.tenant == settings.default_tenant else visit.tenant),
            csv=_download(request, "csv", asked),
            parquet=_download(request, "parquet", asked),
            past=self._rooms.histories is not None,
            may_export=self._visits.may(visit, "export"),
            at=at,
            at_us=moment(at) if at else 0,
            error=error,
            query={k: v for k, v in given.items() if k in ("cols", "sort", "at")},
        )
        template = "parts/data_table.html" if is_part(request) else "pages/table.html"
        status = 400 if error and not is_part(request) else 200
        return self._pages.render(template, page, status=status, headers={"Vary": "HX-Request"})

    async def download(self, request: AnyRequest, name: FromPath[str], form: FromPath[str]) -> Stream:
        """The whole table as a file, with the columns and filters of the page."""
        visit, readable = await self._visit(request, "export")
        sort = await self._sort(visit, name, readable)
        asked = asking.read(request.query_params, sort)
        if form not in MEDIA:
            raise ResourceNotFound("There are the forms csv and parquet")
        present = self._rooms.presents.open(visit.tenant)

        async def fetch(offset: int, limit: int) -> list[Entity]:
            query = asked.query(self._rooms.model, readable, limit=limit, offset=offset)
            found = await present.query(msgspec.structs.replace(query, count=False))
            return list(found.entities)

        asked.query(self._rooms.model, readable, limit=1, offset=0)  # what is wrong is said before the file begins
        chunks = csv_file(fetch, asked.columns) if form == "csv" else parquet_file(fetch, asked.columns, sort)
        await self._rooms.access.record(
            visit.principal, "data.export", sort.name, tenant=visit.tenant, form=form, q=asked.q
        )
        return _file(chunks, f"{sort.name}.{form}", MEDIA[form])

    async def past(self, request: AnyRequest, name: FromPath[str], form: FromPath[str]) -> Stream:
        """Every observation of the type in a stretch of time, as a file."""
        visit, readable = await self._visit(request, "export")
        self._visits.demand(visit, "history.read")
        sort = await self._sort(visit, name, readable)
        if form not in MEDIA or self._rooms.histories is None:
            raise ResourceNotFound("There is no such file")
        given = request.query_params
        start, end = moment(given.get("start", "")), moment(given.get("end", ""))
        if not 0 < end - start <= 400 * 86_400_000_000:
            raise BadRequestData("A download of the past is between a moment and 400 days long")
        history = self._rooms.histories.open(visit.tenant)
        ids = [given["id"]] if given.get("id") else None
        chunks = history.export(form, types=[sort.iri], ids=ids, start_us=start, end_us=end)
        await self._rooms.access.record(visit.principal, "history.export", sort.name, tenant=visit.tenant, form=form)
        return _file(chunks, f"{sort.name}-past.{form}", MEDIA[form])

    async def _visit(self, request: AnyRequest, action: str = "entities.read") -> tuple[Visit, frozenset[str] | None]:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "entities.read")
        self._visits.demand(visit, action)
        return visit, self._rooms.access.readable_types(visit.principal, visit.tenant)

    async def _sort(self, visit: Visit, name: str, readable: frozenset[str] | None) -> Sort:
        """The declared type, or one that is only met in the data."""
        if name.startswith(IRI):
            with contextlib.suppress(ValueError):
                name = base64.urlsafe_b64decode(name.removeprefix(IRI)).decode()
        found = self._catalogue.sort(name, visit.language)
        if found is None:
            known = await self._rooms.presents.open(visit.tenant).types(name)
            if not known:
                raise ResourceNotFound(f"There is no data of the type {name[:200]}")
            found = _undeclared(known[0], self._rooms.model)
        if readable is not None and found.iri not in readable:
            raise ResourceNotFound(f"There is no data of the type {name[:200]}")
        return found

    async def _entities(
        self, visit: Visit, asked: Asking, readable: frozenset[str] | None, at: str, offset: int
    ) -> tuple[list[Entity], int]:
        if not at:
            query = asked.query(self._rooms.model, readable, limit=PAGE, offset=offset)
            page = await self._rooms.presents.open(visit.tenant).query(query)
            return list(page.entities), page.total or 0
        self._visits.demand(visit, "history.read")
        if self._rooms.histories is None:
            raise BadRequestData("This installation keeps no past")
        if asked.condition or asked.district:
            raise BadRequestData("Filters ask the present; take them away to look at the past")
        past = list(await self._rooms.histories.open(visit.tenant).as_of(moment(at), types=[asked.sort.iri]))[
            :MOST_PAST
        ]
        if asked.order and (column := asked.sort.attribute(asked.order)):
            past.sort(key=lambda e: _sortable(table_row(e, [column], visit.language)), reverse=asked.descending)
        return past[offset : offset + PAGE], len(past)


def _sortable(row: TableRow) -> tuple[bool, float, str]:
    cell = row.cells[0]
    return (cell.number is None, cell.number or 0.0, cell.text)


def _undeclared(found: Any, model: Any) -> Sort:
    """A type that nobody declares, as its data shows it."""
    attributes = []
    for attr in found.attributes:
        name = model.names.get(attr.name) or attr.name.rsplit("/", 1)[-1].rsplit("#", 1)[-1]
        term = model.names.get(attr.name, attr.name)
        attributes.append(
            Choosable(
                name=term,
                iri=attr.name,
                label=name,
                kind="text",
                unit="",
                unit_name="",
                decimals=None,
                options=(),
                words={},
                minimum=None,
                maximum=None,
                main=False,
                asked=False,
            )
        )
    plain = found.name.rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    return Sort(
        name=model.names.get(found.name, found.name),
        iri=found.name,
        label=plain,
        plural=plain,
        icon="map-pin",
        main="",
        attributes=tuple(attributes),
    )


def _headings(request: AnyRequest, asked: Asking) -> list[Heading]:
    by_name = asked.order == "name"
    name = Heading(
        label="",
        address=address(request, sort="name.down" if by_name and not asked.descending else "name"),
        sorted=("descending" if asked.descending else "ascending") if by_name else "",
    )
    made = [name]
    for column in asked.columns:
        here = column.name == asked.order
        down = here and not asked.descending
        made.append(
            Heading(
                label=column.full,
                address=address(request, sort=f"{column.name}.down" if down else column.name),
                sorted=("descending" if asked.descending else "ascending") if here else "",
            )
        )
    return made


def _download(request: AnyRequest, form: str, asked: Asking) -> str:
    kept = {
        "q": asked.q,
        "text": asked.text,
        "district": asked.district,
        "cols": ",".join(c.name for c in asked.columns),
    }
    kept["sort"] = asked.order + (".down" if asked.descending else "") if asked.order else ""
    return f"{request.url.path}/download/{form}?{urlencode({k: v for k, v in kept.items() if v})}"


def _file(chunks: AsyncIterator[bytes], name: str, media: str) -> Stream:
    async def guarded() -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
        except RhineError as error:
            # The file has begun: it ends here, with a word on why, which CSV shows and Parquet's reader refuses.
            yield f"\n# {error.detail}\n".encode()

    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    return Stream(
        guarded(),
        media_type=media,
        headers={"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store"},
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Explorer(rooms, pages, visits)
    return [
        get("/data")(page.types),
        get("/data/{name:str}")(page.table),
        get("/data/{name:str}/download/{form:str}")(page.download),
        get("/data/{name:str}/past/{form:str}")(page.past),
    ]
