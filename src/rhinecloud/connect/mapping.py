"""Mappings: how a payload becomes observations, declared as data. `decode` compiles and runs them.

A mapping is a JSON document that a person can write, a pack can bring and the editor can show; each saving makes a new
version, and quarantine is replayed with the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, TypeVar

import msgspec

from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import BadRequestData, ResourceNotFound

from .tables import Tables

Kind = Literal["", "number", "integer", "text", "boolean", "geo", "relation", "json"]
TimeForm = Literal["auto", "iso", "s", "ms", "us", "ns"]


class Time(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the time of a reading stands, and how it is written."""

    path: str
    form: TimeForm = "auto"  # auto: ISO text, or a number whose size tells seconds, ms, µs or ns since 1970
    pattern: str = ""  # strptime pattern of text that is not ISO, e.g. %d.%m.%Y %H:%M
    zone: str = ""  # IANA zone of times without one, e.g. Europe/Berlin; "": such times are refused


class Attribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One attribute of the entity, and where its value comes from."""

    name: str  # a term of the model, or an IRI
    path: str = ""
    const: Any = None  # a fixed value instead of a path
    kind: Kind = ""  # "": as the model declares it, else as it comes
    unit_in: str = ""  # code or symbol that the payload's figure is in
    unit_path: str = ""  # where the payload says its unit
    unit: str = ""  # UN/CEFACT code to keep; "": the declared unit, else unit_in
    scale: float = 1.0
    offset: float = 0.0
    words: dict[str, Any] = {}  # the payload's words → ours; "*" stands for every other
    empty: tuple[Any, ...] = ()  # values that mean "no reading", e.g. -1
    lon: str = ""  # kind geo, where longitude and latitude stand apart
    lat: str = ""
    dataset: str = ""  # datasetId, a URI
    time: Time | None = None  # where this value has a time of its own
    fixed: bool = False  # a fact that is not observed (a name, a place): it gets no time
    required: bool = False  # its absence sends the message to quarantine


class Mapping(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How messages of one form become observations."""

    id: str
    title: str = ""
    topic: str = ""  # MQTT filter below the device's own topics, e.g. up or status/+; "": every message
    each: str = ""  # path to a list: each member is one reading
    entity: str = ""  # template of the entity id; "": the device's entity
    type: str = ""  # term or IRI; "": the device's entity type
    time: Time | None = None  # None: the moment at which the message was stored
    attributes: tuple[Attribute, ...] = ()
    version: int = 0


Document = TypeVar("Document", bound=msgspec.Struct)


class Documents:
    """Versioned JSON documents of a tenant in connect.db ("mapping", "codec", "feed"), over defaults from packs."""

    def __init__(self, tables: Tables, *, clock: Clock = now_us) -> None:
        self._tables, self._clock = tables, clock
        self._defaults: dict[tuple[str, str], msgspec.Struct] = {}
        self._pack_of: dict[tuple[str, str], str] = {}
        self.packs_on: Callable[[str], Collection[str]] | None = None
        """tenant → ids of the packs that are on there; None: all are."""

    def bring(self, kind: str, documents: Iterable[Any], *, pack: str = "") -> None:
        """Adds defaults that every tenant has: what packs bring. A tenant's own document of that id goes over it."""
        for document in documents:
            self._defaults[kind, document.id] = document
            self._pack_of[kind, document.id] = pack

    def find(
        self, tenant: str, kind: str, document_id: str, form: type[Document], *, version: int = 0
    ) -> Document | None:
        """The newest version (or that one), the default, or None.

        Also where it belongs to a pack that is off: what has come in by it can still be read.
        """
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            row = shelf.db.execute(
                "SELECT version, body FROM document WHERE kind = ? AND id = ? AND (? = 0 OR version = ?)"
                " ORDER BY version DESC LIMIT 1",
                (kind, document_id, version, version),
            ).fetchone()
        if row is None:
            found = self._defaults.get((kind, document_id))
            return found if isinstance(found, form) and version in (0, getattr(found, "version", 0)) else None
        return msgspec.structs.replace(msgspec.json.decode(row[1], type=form), version=row[0])

    def get(self, tenant: str, kind: str, document_id: str, form: type[Document], *, version: int = 0) -> Document:
        """As `find`.

        Raises:
            ResourceNotFound: there is none.
        """
        found = self.find(tenant, kind, document_id, form, version=version)
        if found is None:
            raise ResourceNotFound(f"{kind.capitalize()} {document_id[:100]} does not exist in tenant {tenant}")
        return found

    def save(self, tenant: str, kind: str, document: Document) -> int:
        """Keeps a document as its id's newest version, whose number is returned."""
        name: str = getattr(document, "id")  # noqa: B009
        if not name or len(name) > 100 or not name.isprintable():
            raise BadRequestData(f"A {kind} needs an id of 1 to 100 printable characters")
        shelf = self._tables.shelf(tenant)
        with shelf.transaction() as db:
            last = db.execute("SELECT max(version) FROM document WHERE kind = ? AND id = ?", (kind, name)).fetchone()[0]
            version = max(last or 0, getattr(self._defaults.get((kind, name)), "version", 0)) + 1
            body = msgspec.json.encode(msgspec.structs.replace(document, version=version))
            db.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?)", (kind, name, version, body, self._clock()))
        return int(version)

    def delete(self, tenant: str, kind: str, document_id: str) -> None:
        """Forgets all versions; a pack's default of that id shows again."""
        with self._tables.shelf(tenant).transaction() as db:
            if not db.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, document_id)).rowcount:
                raise ResourceNotFound(f"{kind.capitalize()} {document_id[:100]} does not exist in tenant {tenant}")

    def list(self, tenant: str, kind: str, form: type[Document]) -> list[Document]:
        """The newest version of each, by id, with the packs' defaults; nothing of packs that are off."""
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            rows = shelf.db.execute(
                "SELECT id, max(version), body FROM document WHERE kind = ? GROUP BY id ORDER BY id", (kind,)
            ).fetchall()
        found = {i: d for (k, i), d in self._defaults.items() if k == kind and isinstance(d, form)}
        found |= {i: msgspec.structs.replace(msgspec.json.decode(b, type=form), version=v) for i, v, b in rows}
        if self.packs_on is not None:
            on = self.packs_on(tenant)
            found = {i: d for i, d in found.items() if not (pack := self._pack_of.get((kind, i))) or pack in on}
        return [found[i] for i in sorted(found)]

    def changed(self, tenant: str) -> tuple[int, int]:
        """Two numbers that change when a document of the tenant may have: what is compiled from them is then stale."""
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            row = shelf.db.execute("SELECT count(*), coalesce(max(saved_us), 0) FROM document").fetchone()
        return int(row[0]), int(row[1])
