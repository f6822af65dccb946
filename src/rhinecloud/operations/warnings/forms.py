"""The forms in which CAP messages travel: alone, in Atom or EDXL-DE, as JSON (MeteoAlarm, NINA), many in a zip.

Each message comes out on its own, with its bytes, or with the reason why it cannot be read: one bad message in an
archive keeps none of the others out.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec

from rhinecloud.base.errors import Unreadable

from . import reading
from .cap import NAMESPACE, Message
from .shape import ALERT, Part

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST: Final = 20_000
"""Messages of one archive."""
UNPACKED: Final = 512 * 1024**2
"""Bytes that one archive may unpack to."""
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_CAP_TYPES: Final = frozenset(
    ("application/cap+xml", "application/common-alerting-protocol+xml", "text/xml", "application/xml")
)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a document: read, or refused with the reason."""

    name: str
    data: bytes
    message: Message | None = None
    fault: Unreadable | None = None


def items(name: str, data: bytes) -> Iterator[Item]:
    """The messages of a document, in order; a document that is none of the forms is one refused item."""
    if data[:4] == b"PK\x03\x04":
        yield from _unzipped(name, data)
    elif data[:2] == b"\x1f\x8b":
        yield from _gunzipped(name, data)
    elif data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        yield from _json(name, data)
    else:
        yield from _xml(name, data)


def _refused(name: str, data: bytes, reason: str, detail: str) -> Item:
    return Item(name=name, data=data, fault=Unreadable(detail, reason=reason))


# ── archives ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unzipped(name: str, data: bytes) -> Iterator[Item]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [i for i in archive.infolist() if not i.is_dir()]
            if not files:
                yield _refused(name, data, "empty", "The archive is empty")
            if len(files) > MOST or sum(i.file_size for i in files) > UNPACKED:
                yield _refused(name, data, "too-large", f"The archive has more than {MOST} files or unpacks too large")
                return
            for each in files:
                yield from _entry(archive, each, f"{name}/{each.filename}")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:  # as zipfile raises them
        yield _refused(name, data, "not-zip", f"The archive is broken: {error}")


def _entry(archive: zipfile.ZipFile, each: zipfile.ZipInfo, name: str) -> Iterator[Item]:
    try:
        with archive.open(each) as stream:
            body = stream.read(reading.LONGEST + 1)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, ValueError) as error:
        yield _refused(name, b"", "not-zip", f"This file of the archive cannot be unpacked: {error}")
        return
    if body[:2] in (b"\x1f\x8b", b"PK"):
        yield _refused(name, body, "nested", "An archive within the archive is not opened")
    else:
        yield from items(name, body)


def _gunzipped(name: str, data: bytes) -> Iterator[Item]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            body = stream.read(reading.LONGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        yield _refused(name, data, "not-gzip", f"The packed file is broken: {error}")
        return
    if body[:2] in (b"\x1f\x8b", b"PK"):
        yield _refused(name, data, "nested", "A packed file within the packed file is not opened")
    else:
        yield from items(name.removesuffix(".gz"), body)


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _xml(name: str, data: bytes) -> Iterator[Item]:
    try:
        root = reading.parse(data)
        found = reading.alerts(root)
        if found and found[0] is root:
            yield _read(name, data, root, alone=True)
            return
        if not found:
            links = _links(root)
            if links or str(root.tag) in (f"{_ATOM}feed", "rss"):
                yield from _linked(name, data, links)
                return
            reading.read(data)  # raises what is wrong with it
    except Unreadable as fault:
        yield Item(name=name, data=data, fault=fault)
        return
    from xml.etree import ElementTree

    for number, element in enumerate(found[:MOST], 1):
        try:
            own = ElementTree.tostring(element, encoding="utf-8")
        except RecursionError:
            yield _refused(f"{name}#{number}", data, "too-deep", "Its elements lie too deep within each other")
        else:
            yield _read(f"{name}#{number}", own, element, alone=False)
    if len(found) > MOST:
        yield _refused(name, data, "too-large", f"The document holds more than {MOST} messages")


def _read(name: str, data: bytes, element: Element, *, alone: bool) -> Item:
    try:
        message = reading.message(element)
        fault = reading.schema_fault(data) if message.version == "1.2" else ""
        if fault and (alone or "Signature" not in fault):
            raise Unreadable(f"The schema of CAP 1.2 says: {fault}", reason="schema")
    except Unreadable as refused:
        return Item(name=name, data=data, fault=refused)
    return Item(name=name, data=data, message=message)


def _linked(name: str, data: bytes, links: Sequence[str]) -> Iterator[Item]:
    """A feed that only points at its messages: they are not in it."""
    if links:
        yield _refused(
            name, data, "links-only", f"The feed points at {len(links)} messages and holds none; poll it by its address"
        )


def links(data: bytes, base: str) -> list[str]:
    """The addresses of messages that a feed points at: Atom, RSS, the lists of NINA.

    Raises: Unreadable: it is no feed.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        found = _nina_links(_decoded(data))
    else:
        found = _links(reading.parse(data))
    full = (_full(base, link) for link in found)
    return list(dict.fromkeys(link for link in full if link))


def _full(base: str, link: str) -> str:
    """The whole address; "": there is none that can be asked for."""
    try:
        full = urljoin(base, link)
        return full if urlsplit(full).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _links(root: Element) -> list[str]:
    found: list[str] = []
    for entry in root.iter(f"{_ATOM}entry"):
        given = [
            (link.get("type", ""), link.get("rel", "alternate"), link.get("href", ""))
            for link in entry.iter(f"{_ATOM}link")
        ]
        typed = [href for kind, _, href in given if kind.partition(";")[0] in _CAP_TYPES and href]
        plain = [href for kind, rel, href in given if not kind and rel == "alternate" and href]
        found += (typed or plain)[:1]
    for entry in root.iter("item"):
        files = [e.get("url", "") for e in entry.iter("enclosure") if e.get("type", "").partition(";")[0] in _CAP_TYPES]
        texts = [(e.text or "").strip() for e in entry.iter("link")]
        found += [link for link in (files or texts)[:1] if link]
    return found


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _decoded(data: bytes) -> Any:
    if len(data) > reading.LONGEST:
        raise Unreadable(f"The document is larger than {reading.LONGEST // 1024**2} MB", reason="too-large")
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"The document is no JSON: {error}", reason="not-json") from error


def _json(name: str, data: bytes) -> Iterator[Item]:
    try:
        document = _decoded(data)
    except Unreadable as fault:
        yield Item(name=name, data=data, fault=fault)
        return
    found = list(_objects(document, 0))
    if not found:
        links = _nina_links(document)
        if links:
            yield from _linked(name, data, links)
        elif not (document == [] or (isinstance(document, dict) and document.get("warnings") == [])):
            yield _refused(name, data, "not-cap", "The JSON holds no CAP message: no object with identifier and sender")
        return
    for number, given in enumerate(found[:MOST], 1):
        own = data if given is document else msgspec.json.encode(given)
        yield _of_json(name if len(found) == 1 else f"{name}#{number}", own, given)


def _objects(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Objects that are CAP messages, wherever they lie: MeteoAlarm has `warnings[].alert`, NINA the message itself."""
    if depth > 8:
        return
    if isinstance(value, dict):
        if "identifier" in value and ("sender" in value or "msgType" in value):
            yield value
            return
        for inner in value.values():
            yield from _objects(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner, depth + 1)


def _of_json(name: str, data: bytes, given: Mapping[str, Any]) -> Item:
    try:
        return Item(name=name, data=data, message=reading.message(_element("alert", given, ALERT), lenient=True))
    except Unreadable as fault:
        return Item(name=name, data=data, fault=fault)


def _element(tag: str, given: Mapping[str, Any], table: Sequence[Part]) -> Element:
    """A message's element, in the standard's order; members that CAP has not (NINA's `i18nTitle`) are left out."""
    from xml.etree.ElementTree import Element as Made

    made = Made(f"{{{NAMESPACE}}}{tag}")
    for part in table:
        value = given.get(part.name)
        for each in value if isinstance(value, list) else [] if value is None else [value]:
            made.append(_child(part, each))
    return made


def _child(part: Part, value: Any) -> Element:
    from xml.etree.ElementTree import Element as Made

    if part.kind in ("parts", "named"):
        if not isinstance(value, dict):
            raise Unreadable(f"{part.name} is no object", reason="schema")
        named = (Part("valueName", 1), Part("value", 1))
        return _element(part.name, value, part.parts if part.kind == "parts" else named)
    if isinstance(value, dict | list | bool):
        raise Unreadable(f"{part.name} is no text", reason="schema")
    made = Made(f"{{{NAMESPACE}}}{part.name}")
    made.text = str(value)
    return made


def _nina_links(document: Any) -> list[str]:
    """The list of NINA (`mapData.json`, dashboards) names warnings by id; each lies at `../warnings/<id>.json`."""
    if not isinstance(document, list):
        return []
    ids = [
        e["id"]
        for e in document
        if isinstance(e, dict) and isinstance(e.get("id"), str) and ("i18nTitle" in e or "payload" in e)
    ]
    return [
        f"/api31/warnings/{one}.json" for one in ids if one.replace(".", "").replace("-", "").replace("_", "").isalnum()
    ]
