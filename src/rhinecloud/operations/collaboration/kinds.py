"""What a file really is: found in its content, never in its name; and whether its name says the same.

A short list of kinds is taken: pictures, films, sound, documents without macros, plain text and data. Everything else
is refused: programs, web pages, archives, and what is nothing known. Source: signatures of the formats' specifications
(PNG ISO/IEC 15948, JFIF, PDF ISO 32000-1 7.5.2, RIFF, ISO base media ISO/IEC 14496-12, OOXML ISO/IEC
29500-2, OpenDocument ISO/IEC 26300-3).
"""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections.abc import Callable
from typing import IO, Final

import msgspec

from rhinecloud.base.errors import BadRequestData, UnsupportedMediaType

HEAD: Final = 4096
LONGEST_NAME: Final = 150
_HIDDEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Characters that make a name read otherwise than it is: what ends in .jpg for the eye ends in .exe."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of file that is taken; `says` is how people call it."""

    type: str
    says: str
    endings: tuple[str, ...]
    shown: bool = False  # a browser may draw it in a page


PDF: Final = Kind("application/pdf", "PDF", ("pdf",))
PNG: Final = Kind("image/png", "PNG", ("png",), True)
JPEG: Final = Kind("image/jpeg", "JPEG", ("jpg", "jpeg", "jpe"), True)
GIF: Final = Kind("image/gif", "GIF", ("gif",), True)
WEBP: Final = Kind("image/webp", "WebP", ("webp",), True)
TIFF: Final = Kind("image/tiff", "TIFF", ("tif", "tiff"))
HEIC: Final = Kind("image/heic", "HEIC", ("heic", "heif"))
MP4: Final = Kind("video/mp4", "MP4", ("mp4", "m4v"))
MOV: Final = Kind("video/quicktime", "QuickTime", ("mov",))
WEBM: Final = Kind("video/webm", "WebM", ("webm",))
MP3: Final = Kind("audio/mpeg", "MP3", ("mp3",))
M4A: Final = Kind("audio/mp4", "M4A", ("m4a",))
WAV: Final = Kind("audio/wav", "WAV", ("wav",))
OGG: Final = Kind("audio/ogg", "Ogg", ("ogg", "oga", "opus"))
DOCX: Final = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word", ("docx",))
XLSX: Final = Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel", ("xlsx",))
PPTX: Final = Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", "PowerPoint", ("pptx",))
ODT: Final = Kind("application/vnd.oasis.opendocument.text", "OpenDocument", ("odt",))
ODS: Final = Kind("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument", ("ods",))
ODP: Final = Kind("application/vnd.oasis.opendocument.presentation", "OpenDocument", ("odp",))
JSON: Final = Kind("application/json", "JSON", ("json", "geojson"))
CSV: Final = Kind("text/csv", "CSV", ("csv", "tsv"))
TEXT: Final = Kind("text/plain", "text", ("txt", "log", "md"))
KINDS: Final = (
    *(PDF, PNG, JPEG, GIF, WEBP, TIFF, HEIC, MP4, MOV, WEBM, MP3, M4A, WAV, OGG),
    *(DOCX, XLSX, PPTX, ODT, ODS, ODP, JSON, CSV, TEXT),
)
BY_TYPE: Final = {kind.type: kind for kind in KINDS}
ENDINGS: Final = tuple(f".{ending}" for kind in KINDS for ending in kind.endings)
"""For the field of a form."""

_OPEN_DOCUMENT: Final = {kind.type: kind for kind in (ODT, ODS, ODP)}
_OFFICE: Final = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
_MP4_BRANDS: Final = {b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A, b"heic": HEIC, b"heix": HEIC, b"mif1": HEIC}
_DANGEROUS: Final = re.compile(rb"^\s*(?:<!doctype html|<html|<script|<svg|<\?xml|#!|<\?php|%!PS)", re.IGNORECASE)


def name_of(given: str) -> str:
    """A file's name as it is kept.

    Raises:
        BadRequestData: it has no name, or one that hides what it is.
    """
    name = unicodedata.normalize("NFC", re.split(r"[\\/]", given.strip())[-1].strip())
    if not name or name.strip(". ") == "":
        raise BadRequestData("A file needs a name")
    if len(name) > LONGEST_NAME:
        raise BadRequestData(f"The file's name is longer than {LONGEST_NAME} characters: {name[:40]}…")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Cn", "Co") for c in name) or _HIDDEN.search(name):
        shown = "".join(c if c.isprintable() and not _HIDDEN.match(c) else "�" for c in name)
        raise BadRequestData(f"The file's name has characters that cannot be seen: {shown[:60]}")
    return name


def kind_of(name: str, content: IO[bytes]) -> Kind:
    """What the file is.

    Raises:
        UnsupportedMediaType: it is nothing that is taken, or not what its name says.
    """
    content.seek(0)
    head = content.read(HEAD)
    if not head:
        raise BadRequestData(f"{name} is empty")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    found = _by_signature(head) or _by_parts(name, content) or _by_text(ending, content)
    content.seek(0)
    if found is None:
        taken = ", ".join(dict.fromkeys(kind.says for kind in KINDS))
        raise UnsupportedMediaType(f"{name} is none of the kinds of file that are taken: {taken}")
    if ending not in found.endings:
        really = "." + found.endings[0]
        said = f"says .{ending[:20]}" if ending else "says nothing of what it is"
        raise UnsupportedMediaType(f"{name} {said}, but its content is {found.says}; name it {really} if that is right")
    return found


def _by_signature(head: bytes) -> Kind | None:
    for test, kind in _SIGNATURES:
        if test(head):
            return kind
    if head[4:8] == b"ftyp":
        return _MP4_BRANDS.get(head[8:12], MP4)
    return None


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


_SIGNATURES: Final[tuple[tuple[Callable[[bytes], bool], Kind], ...]] = (
    (_starts(b"%PDF-"), PDF),
    (_starts(b"\x89PNG\r\n\x1a\n"), PNG),
    (_starts(b"\xff\xd8\xff"), JPEG),
    (_starts(b"GIF87a", b"GIF89a"), GIF),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", WEBP),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE", WAV),
    (_starts(b"II*\x00", b"MM\x00*"), TIFF),
    (lambda head: head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:64], WEBM),
    (_starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), MP3),
    (_starts(b"OggS"), OGG),
)


def _by_parts(name: str, content: IO[bytes]) -> Kind | None:
    """Office documents are archives with a known table of contents; any other archive is nothing."""
    content.seek(0)
    if content.read(4) != b"PK\x03\x04":
        return None
    try:
        with zipfile.ZipFile(content) as archive:
            parts = archive.namelist()
            if any(part.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js")) for part in parts):
                raise UnsupportedMediaType(f"{name} carries a program (macros); save it without them")
            if parts[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 200:
                return _OPEN_DOCUMENT.get(archive.read("mimetype").decode("ascii", "replace"))
            if "[Content_Types].xml" in parts:
                return next((k for folder, k in _OFFICE.items() if any(p.startswith(folder) for p in parts)), None)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        raise UnsupportedMediaType(f"{name} is damaged: its parts cannot be read") from None
    return None


def _by_text(ending: str, content: IO[bytes]) -> Kind | None:
    """Text that is UTF-8 throughout, and nothing that a browser or a shell would run."""
    content.seek(0)
    data = content.read()
    if b"\x00" in data or _DANGEROUS.match(data.removeprefix(b"\xef\xbb\xbf")):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if any(ord(c) < 32 and c not in "\t\n\r\f" for c in text):
        return None
    if ending in JSON.endings:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return None
        return JSON
    return CSV if ending in CSV.endings else TEXT
