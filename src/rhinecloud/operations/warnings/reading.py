"""Bytes → CAP messages: strict where the standard is, with the place of what is wrong.

A document may be a message itself or carry messages (Atom with contents, EDXL-DE): each is read on its own. Entities
and document types are refused: a warning needs none, and they are what attacks are made of.
Source: OASIS CAP 1.2, 3.2–3.4; 4.2 (conformance).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from rhinecloud.base.errors import Unreadable

from .areas import circle, ring
from .cap import NAMESPACE, VERSIONS, Area, Info, Message, Named, Resource
from .shape import TABLES, Part

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST: Final = 32 * 1024**2
"""Bytes of one document."""
DEEPEST: Final = 60
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d\Z")
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\Z")
_ALERT: Final = tuple(f"{{{namespace}}}alert" for namespace in VERSIONS)

Lines = dict[str, list[Any]]


def parse(data: bytes) -> Element:
    """The document as a tree. Raises: Unreadable: no XML, or XML with what is refused."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(data) > LONGEST:
        raise Unreadable(f"The document is larger than {LONGEST // 1024**2} MB", reason="too-large")
    if not data.strip():
        raise Unreadable("The document is empty", reason="empty")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable(
            "The document has a document type or entities, which a CAP message has not", reason="xml-entities"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"The document is no well-formed XML: {error}", reason="not-xml") from error
    return root


def alerts(root: Element) -> list[Element]:
    """The messages that a document is, or carries."""
    if root.tag in _ALERT:
        return [root]
    return [element for element in _walk(root, 0) if element.tag in _ALERT]


def _walk(element: Element, depth: int) -> Iterator[Element]:
    yield element
    if depth < DEEPEST and element.tag not in _ALERT:
        for child in element:
            yield from _walk(child, depth + 1)


def read(data: bytes) -> Message:
    """The one message that a document is.

    Raises:
        Unreadable: it is none; `reason` is a short word, the detail names the element.
    """
    return message(_root(parse(data)))


def _root(root: Element) -> Element:
    found = alerts(root)
    if not found:
        name = str(root.tag)
        plain = name.rpartition("}")[2]
        if plain == "alert":
            raise Unreadable(
                f"The alert is of the namespace {name[1:].partition('}')[0][:80]!r}, not of CAP 1.0 to 1.2",
                reason="namespace",
            )
        raise Unreadable(f"The document holds no CAP message; its root is {plain[:60]!r}", reason="not-cap")
    if len(found) > 1:
        raise Unreadable(f"The document holds {len(found)} CAP messages, not one", reason="not-cap")
    return found[0]


def message(element: Element, *, lenient: bool = False) -> Message:
    """A message of its element.

    Args:
        lenient: it came as JSON, which has no schema: times may be written as RFC 3339 allows.
    Raises:
        Unreadable: see `read`.
    """
    namespace = str(element.tag)[1:].partition("}")[0]
    version = VERSIONS[namespace]
    reader = _Reader(namespace, version, lenient=lenient or version != "1.2")
    got = reader.parts(element, TABLES[version], "alert")
    one = _one(got)
    return Message(
        version=version,
        identifier=one("identifier"),
        sender=one("sender"),
        sent=one("sent"),
        status=one("status"),
        msg_type=one("msgType"),
        source=one("source"),
        scope=one("scope") or "Public",
        restriction=one("restriction"),
        addresses=one("addresses"),
        codes=tuple(got.get("code", ())),
        note=one("note"),
        references=one("references"),
        incidents=one("incidents"),
        infos=tuple(_info(lines) for lines in got.get("info", ())),
    )


def _one(got: Lines) -> Callable[[str], str]:
    return lambda name: got[name][0] if got.get(name) else ""


def _info(got: Lines) -> Info:
    one = _one(got)
    return Info(
        language=one("language") or "en-US",
        category=tuple(got.get("category", ())),
        event=one("event"),
        response=tuple(got.get("responseType", ())),
        urgency=one("urgency"),
        severity=one("severity"),
        certainty=one("certainty"),
        audience=one("audience"),
        codes=tuple(got.get("eventCode", ())),
        effective=one("effective"),
        onset=one("onset"),
        expires=one("expires"),
        sender_name=one("senderName"),
        headline=one("headline"),
        description=one("description"),
        instruction=one("instruction"),
        web=one("web"),
        contact=one("contact"),
        parameters=tuple(got.get("parameter", ())),
        resources=tuple(_resource(lines) for lines in got.get("resource", ())),
        areas=tuple(_area(lines) for lines in got.get("area", ())),
    )


def _resource(got: Lines) -> Resource:
    one = _one(got)
    return Resource(
        desc=one("resourceDesc"), mime_type=one("mimeType"), size=one("size"), uri=one("uri"), digest=one("digest")
    )


def _area(got: Lines) -> Area:
    one = _one(got)
    return Area(
        desc=one("areaDesc"),
        polygons=tuple(ring(text) for text in got.get("polygon", ())),
        circles=tuple(circle(text) for text in got.get("circle", ())),
        geocodes=tuple(got.get("geocode", ())),
        altitude=one("altitude"),
        ceiling=one("ceiling"),
    )


class _Reader:
    """Elements by the table of their version, in its order."""

    def __init__(self, namespace: str, version: str, *, lenient: bool) -> None:
        self._prefix, self._version, self._lenient = f"{{{namespace}}}", version, lenient

    def parts(self, element: Element, table: Sequence[Part], where: str) -> Lines:
        got: Lines = {}
        place = 0
        names = {part.name: at for at, part in enumerate(table)}
        for child in element:
            if not isinstance(child.tag, str) or child.tag == _SIGNATURE:
                continue
            name = child.tag.removeprefix(self._prefix)
            if name not in names or not child.tag.startswith(self._prefix):
                raise _bad(where, f"has an element {name.rpartition('}')[2][:60]!r}, which CAP {self._version} has not")
            if names[name] < place:
                raise _bad(where, f"has {name} behind {table[place].name}; the order is fixed")
            place, part = names[name], table[names[name]]
            values = got.setdefault(name, [])
            values.append(self._value(child, part, f"{where}/{name}"))
            if len(values) > part.most:
                raise _bad(where, f"has {name} more than once")
        for part in table:
            if part.least and part.name not in got:
                raise _bad(where, f"has no {part.name}, which must be there")
        return got

    def _value(self, child: Element, part: Part, where: str) -> Any:
        if part.kind == "parts":
            return self.parts(child, part.parts, where)
        if part.kind == "named":
            return self._named(child, where)
        if len(child):
            raise _bad(where, "holds other elements; it is text alone")
        text = child.text or ""
        if part.values:
            if text not in part.values:
                raise _bad(where, f"is {text[:40]!r}; it may be {', '.join(sorted(part.values))}")
            return text
        text = text.strip()
        if part.kind == "time":
            self._time(text, where)
        elif part.kind == "language" and text and not _LANGUAGE.match(text):
            raise _bad(where, f"is {text[:40]!r}, which is no language tag")
        elif part.kind == "number" and text and not re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", text):
            raise _bad(where, f"is {text[:40]!r}, which is no number")
        return text

    def _named(self, child: Element, where: str) -> Named:
        if self._version == "1.0" and not len(child):
            name, _, value = (child.text or "").strip().partition("=")
            return Named(name, value)
        got = self.parts(child, (Part("valueName", 1), Part("value", 1)), where)
        return Named(got["valueName"][0], got["value"][0])

    def _time(self, text: str, where: str) -> None:
        from .cap import at_us

        if not text and self._lenient:
            return
        if not self._lenient and not _TIME.match(text):
            raise _bad(where, f"is {text[:40]!r}; a time is written as 2026-11-22T10:00:00+01:00, UTC as -00:00")
        if at_us(text) is None:
            raise _bad(where, f"is {text[:40]!r}, which is no time")


def _bad(where: str, what: str) -> Unreadable:
    return Unreadable(f"{where} {what}", reason="schema")


def schema_fault(data: bytes) -> str:
    """What the schema of CAP 1.2 says against a document; "": nothing. Documents of older versions have another."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return str(error)[:300]
    if tree.tag != f"{{{NAMESPACE}}}alert":
        return ""
    schema = _schema()
    return "" if schema.validate(tree) else "; ".join(str(e.message) for e in list(schema.error_log)[:3])[:500]


def _schema() -> Any:
    from .schema import compiled

    return compiled()
