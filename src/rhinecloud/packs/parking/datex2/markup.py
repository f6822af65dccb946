"""DATEX II documents → their records, one after the other, without ever holding the whole tree.

Names lose their prefixes: suppliers put the same elements into different namespaces from version to version, and their
own extensions into none. A document type declaration is refused before anything of it is read, and with it every
entity; no DATEX II document has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

CHUNK: Final = 65_536
MAX_DEPTH: Final = 100
MAX_NODES: Final = 200_000  # in one record; the largest real ones have some hundreds


class Node:
    """An element: its name and attributes without prefixes, its text, its children."""

    __slots__ = ("attrs", "children", "name", "text")

    def __init__(self, name: str, attrs: dict[str, str]) -> None:
        self.name, self.attrs, self.text = name, attrs, ""
        self.children: list[Node] = []

    def all(self, name: str) -> list[Node]:
        """Children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, *names: str) -> Node | None:
        """The first child that has the first of these names that any has."""
        return next((child for name in names for child in self.children if child.name == name), None)

    def at(self, path: str) -> Node | None:
        """The first element at a path such as "parkingName/values/value"."""
        found: Node | None = self
        for name in path.split("/"):
            found = found.first(name) if found is not None else None
        return found

    def value(self, *paths: str) -> str:
        """The text at the first of these paths that has one; else ""."""
        return next((text for path in paths if (found := self.at(path)) and (text := found.text.strip())), "")

    def deep(self, *names: str) -> Iterator[Node]:
        """Every element below with one of these names, in document order."""
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.deep(*names)

    @property
    def kind(self) -> str:
        """The name in xsi:type, without its prefix."""
        return self.attrs.get("type", "").rpartition(":")[2]


class Broken(ValueError):
    """The document cannot be read from here on; the message says where and why."""


class Records(ContentHandler):
    """Collects elements of some names as whole nodes, and the first text of every element outside of them."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._names = names
        self._open: list[Node] = []  # of the record being read
        self._path: list[str] = []
        self._text: list[str] = []
        self._nodes = 0
        self.head: dict[str, str] = {}  # element name → first text; "@payload": the publication's xsi:type
        self.done: list[Node] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        local = name.rpartition(":")[2]
        self._path.append(local)
        if len(self._path) > MAX_DEPTH:
            raise SAXException(f"elements are nested deeper than {MAX_DEPTH}")
        self._text.clear()
        own: dict[str, str] = {}
        if len(attrs):
            own = {key.rpartition(":")[2]: value for key, value in attrs.items() if not key.startswith("xmlns")}
        if self._open or local in self._names:
            self._nodes = self._nodes + 1 if self._open else 1
            if self._nodes > MAX_NODES:
                raise SAXException(f"one record has more than {MAX_NODES} elements")
            node = Node(local, own)
            if self._open:
                self._open[-1].children.append(node)
            self._open.append(node)
            return
        self.head.setdefault(f"<{local}>", "")
        for key, value in own.items():
            self.head.setdefault(f"{local}@{key}", value)

    def characters(self, content: str) -> None:
        self._text.append(content)

    def endElement(self, name: str) -> None:
        text = "".join(self._text).strip()
        self._text.clear()
        local = self._path.pop()
        if not self._open:
            if text:
                self.head.setdefault(local, text)
            return
        node = self._open.pop()
        node.text = text
        if not self._open:
            self.done.append(node)


def records(data: bytes, names: frozenset[str], handler: Records | None = None) -> Iterator[Node]:
    """Every element with one of these names that stands in no other such, in order.

    Raises:
        Broken: no XML, or not from here on; what came before has been given.
    """
    handler = handler or Records(names)
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(handler)
    try:
        for chunk in _chunks(data):
            parser.feed(chunk)
            yield from handler.done
            handler.done.clear()
        parser.close()
    except DefusedXmlException as error:
        raise Broken("it declares a document type or entities, which are refused; DATEX II has none") from error
    except SAXParseException as error:
        raise Broken(f"line {error.getLineNumber()}: {error.getMessage()}") from error
    except (SAXException, UnicodeError, LookupError) as error:
        raise Broken(str(error)[:200]) from error
    yield from handler.done


def _chunks(data: bytes) -> Iterator[bytes]:
    mended = _mended(data)
    for start in range(0, len(mended), CHUNK):
        yield mended[start : start + CHUNK]


_DECLARED: Final = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")


def _mended(data: bytes) -> bytes:
    """What suppliers get wrong about encodings: blanks in front, "utf-16" over bytes, Windows letters in "UTF-8"."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    match = _DECLARED.match(data)
    told = match[1].lower() if match else b"utf-8"
    if told.startswith((b"utf-16", b"ucs-2")) and match:
        data, told = data[match.end() :], b"utf-8"
    if told in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("cp1252", "replace").encode()
        if match and told != b"utf-8" and data.startswith(b"<?xml"):
            data = data[match.end() :]
    return data


def head_text(head: bytes) -> str:
    """The beginning of a document as text, whatever its encoding, for a look at what it is."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore")
    return head.decode("utf-8", "ignore")
