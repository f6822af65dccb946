"""Templates to pages: one Jinja environment a language, the shipped files with their version, the icons.

A template gets one typed object, `page`, and these names: `_` and `ngettext`, `icon(name)`, `static(path)`,
`modules(path)`, `age(us)`, `moment(us)`, `number(x, decimals)`. Text is escaped; nothing here writes a script or a
style into a page.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from posixpath import dirname, normpath
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_scientific
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response
from markupsafe import Markup, escape

from rhinecloud.base.clock import SECOND, Clock

from .language import LANGUAGES, words

FOLDER: Final = Path(__file__).parent
GREAT: Final = 1e15
"""From here on a number is written with a power of ten."""
_IMPORT: Final = re.compile(r"""^import (?:[^"';]* from )?["'](\.[^"']+)["'];""", re.MULTILINE)
TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".LICENSE": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


class Shipped(msgspec.Struct, frozen=True):
    """One file that browsers load."""

    media_type: str
    plain: bytes
    gzipped: bytes | None


class Files:
    """The files under `static/`, read once; the version is in their address, so that browsers keep them for ever."""

    def __init__(self, folder: Path = FOLDER / "static") -> None:
        self._folder = folder
        self._names = {f.relative_to(folder).as_posix(): f for f in sorted(folder.rglob("*")) if f.suffix in TYPES}
        stamp = hashlib.sha256()
        for name, file in self._names.items():
            stat = file.stat()
            stamp.update(f"{name} {stat.st_size} {stat.st_mtime_ns}".encode())
        self.version = stamp.hexdigest()[:12]
        self._loaded: dict[str, Shipped] = {}

    def address(self, path: str) -> str:
        return f"/static/{self.version}/{path}"

    def modules(self, path: str) -> list[str]:
        """Addresses of a module and of all that it imports: a page that names them has them loaded side by side."""
        found: dict[str, None] = {}
        ahead = [path]
        while ahead:
            name = ahead.pop()
            if name not in found and name in self._names:
                found[name] = None
                text = self._names[name].read_text("utf-8") if name.startswith("components/") else ""
                ahead += [normpath(f"{dirname(name)}/{other}") for other in _IMPORT.findall(text)]
        return [self.address(name) for name in found]

    def get(self, path: str) -> Shipped | None:
        """The file, or None where we ship no such one; only names found at the start are ever opened."""
        file = self._names.get(path)
        if file is None:
            return None
        if path not in self._loaded:
            plain = file.read_bytes()
            packed = gzip.compress(plain, 6) if len(plain) > 1000 and file.suffix != ".png" else None
            self._loaded[path] = Shipped(TYPES[file.suffix], plain, packed)
        return self._loaded[path]


class Pages:
    """Renders templates in the language of the visit."""

    def __init__(self, files: Files, *, timezone: str, clock: Clock) -> None:
        self.files = files
        self.clock = clock
        self._zone = ZoneInfo(timezone)
        self._by_language = {language: self._environment(language) for language in LANGUAGES}

    def render(
        self, template: str, page: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response[str]:
        """`page` has a `frame` (or is a part's object with `language`) that says the language."""
        return Response(
            self.text(template, page),
            media_type=MediaType.HTML,
            status_code=status,
            headers={"Cache-Control": "no-store", **(headers or {})},
        )

    def text(self, template: str, page: Any) -> str:
        return self._by_language[page.frame.language].get_template(template).render(page=page)

    def part(self, template: str, macro: str, language: str, *values: Any) -> str:
        """What one macro of a template makes, for parts that are sent without a page around them."""
        return str(getattr(self._by_language[language].get_template(template).module, macro)(*values))

    def _environment(self, language: str) -> Environment:
        made = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
        )
        spoken = words(language)
        made.install_gettext_callables(spoken, spoken.plural, newstyle=True)  # type: ignore[attr-defined]
        made.globals |= {
            "icon": self.icon,
            "static": self.files.address,
            "modules": cache(self.files.modules),
            "age": lambda us: self.age(us, language),
            "moment": lambda us: self.moment(us, language),
            "day": lambda us: format_datetime(
                self._local(us), "dd.MM." if language == "de" else "d MMM", locale=language
            ),
            "clock": lambda us: f"{self._local(us):%H:%M}",
            "span": lambda us: format_timedelta(us / SECOND, threshold=1.6, locale=language),
            "number": lambda x, decimals=None: number(x, language, decimals),
        }
        return made

    def icon(self, name: str, label: str = "") -> Markup:
        """A Lucide icon; without a label it is decoration beside a word."""
        use = Markup('<use href="{}#{}"></use>').format(self.files.address("vendor/icons.svg"), name)
        said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup('<svg class="icon" {}>{}</svg>').format(said, use)

    def moment(self, us: int, language: str) -> str:
        """22.11.2026, 14:03:12 in the city's time zone."""
        return format_datetime(
            self._local(us), "dd.MM.yyyy, HH:mm:ss" if language == "de" else "d MMM yyyy, HH:mm:ss", locale=language
        )

    def age(self, us: int | None, language: str) -> Markup:
        """How long ago, with the exact time on hover; `<relative-time>` keeps it true."""
        if us is None:
            return Markup("–")
        passed = max(0, self.clock() - us) // SECOND
        text = (
            words(language)("just now")
            if passed < 5
            else format_timedelta(-passed, add_direction=True, locale=language)
        )
        return Markup('<relative-time ms="{}" title="{}">{}</relative-time>').format(
            us // 1000, self.moment(us, language), escape(text)
        )

    def _local(self, us: int) -> datetime:
        return datetime.fromtimestamp(us / SECOND, UTC).astimezone(self._zone)


def number(x: float | None, language: str, decimals: int | None = None) -> str:
    """A figure as people of that language write it; None is a dash."""
    if x is None or not math.isfinite(x):
        return "–"
    if abs(x) >= GREAT:  # whatever a device may send; written out it would be longer than a line
        return format_scientific(x, format="0.###E0", locale=language)
    pattern = "#,##0.###" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(x, format=pattern, locale=language)
