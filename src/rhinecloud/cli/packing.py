"""`rhinecloud pack new` and `pack check`: writes a pack's first files, and finds the packs to look at.

The files stand in `pack_skeleton/`, as they will be, with @words@ in place of the names.
"""

from __future__ import annotations

import re
import sys
import tomllib
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rhinecloud import __version__
from rhinecloud.base.errors import AlreadyExists, InvalidRequest, ResourceNotFound

if TYPE_CHECKING:
    from rhinecloud.kit import Flaw, Pack

_ID: Final = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z0-9]{1,59}\Z")
_WORD: Final = re.compile(r"@(name|type|title|title_de|platform)@")


def write(into: Path, name: str, *, kind: str = "", title: str = "", title_de: str = "") -> Path:
    """Writes the pack `name` into a new folder of that name; gives the folder.

    Raises:
        InvalidRequest: a name cannot be one. AlreadyExists: there is such a folder or pack.
    """
    from rhinecloud.kit import packs

    if not _ID.match(name):
        raise InvalidRequest(f"{name[:60]!r} is no id for a pack: a-z, 0-9 and _, 2 to 40 of them, a letter first")
    installed = packs()
    if name in {pack.id for pack in installed}:
        raise AlreadyExists(f"There is a pack {name} already; choose another id")
    kind = kind or _type_of(name)
    if not _TYPE.match(kind):
        raise InvalidRequest(f"{kind[:60]!r} is no name of an entity type: letters and digits, as in BeeHive")
    for pack in installed:
        if kind in {t.name for t in pack.types}:
            raise AlreadyExists(f"The pack {pack.id} declares the type {kind} already; choose another with --type")
    title = title or name.replace("_", " ").capitalize()
    words = {"name": name, "type": kind, "title": title, "title_de": title_de or title, "platform": __version__}
    for text in (title, words["title_de"]):
        if not text.isprintable() or '"' in text or "\\" in text or len(text) > 60:
            raise InvalidRequest("A title is a line of at most 60 characters, without quotation marks")
    folder = into / name
    if folder.exists():
        raise AlreadyExists(f"{folder} is there already; choose another --into, or move it away")
    for path, source in _skeleton(files("rhinecloud.cli") / "pack_skeleton"):
        target = folder / _filled(path, words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled(source.read_text("utf-8"), words), "utf-8")
    return folder


def _type_of(name: str) -> str:
    """beehives → Beehive, water_meters → WaterMeter: a type is one thing."""
    return "".join(part.capitalize() for part in name.split("_")).removesuffix("s")


def _skeleton(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        inner = f"{path}{entry.name}"
        if entry.is_dir():
            yield from _skeleton(entry, f"{inner}/")
        elif entry.name.endswith(".in"):
            yield inner.removesuffix(".in"), entry


def _filled(text: str, words: dict[str, str]) -> str:
    return _WORD.sub(lambda found: words[found[1]], text)


def strange_icons(pack: Pack) -> Iterator[Flaw]:
    """Icons of the pack's types that the screens do not ship: there a place stays empty."""
    from rhinecloud.kit import Flaw

    sprite = files("rhinecloud") / "web" / "static" / "vendor" / "icons.svg"
    if not sprite.is_file():
        return
    known = re.findall(r'<symbol id="([a-z0-9-]+)"', sprite.read_text("utf-8"))
    for kind in pack.types:
        if kind.icon not in known:
            near = get_close_matches(kind.icon, known, 5, 0.4) or known[:5]
            remedy = f"Use one that is, such as {', '.join(near)}; docs/how-to/write-a-pack.md lists the common ones"
            yield Flaw(f"type {kind.name}", f"The icon {kind.icon!r} is not shipped", remedy)


def chosen(what: str) -> Iterator[tuple[Pack, list[Pack]]]:
    """The packs that `pack check` is to look at, each with all others.

    Args:
        what: an installed pack's id, a folder with a pyproject.toml that names a pack, or "" for all installed ones.
    Raises:
        ResourceNotFound: there is neither. InvalidRequest: it does not load; the message says why.
    """
    from rhinecloud.kit import discover

    found = discover()
    installed = {pack.id: pack for pack in found.packs}
    if what in installed:
        yield installed[what], [p for p in installed.values() if p.id != what]
        return
    if trouble := next((t for t in found.troubles if t.id == what), None):
        raise InvalidRequest(f"{trouble.detail}. {trouble.remedy}" + (f" ({trouble.where})" if trouble.where else ""))
    if what:
        for pack in _in_folder(Path(what)):
            yield pack, [p for p in installed.values() if p.id != pack.id]
        return
    for pack in installed.values():
        yield pack, [p for p in installed.values() if p.id != pack.id]


def _in_folder(folder: Path) -> Iterator[Pack]:
    """The packs that a folder's pyproject.toml names, imported from its sources."""
    from rhinecloud.kit import Pack

    project = folder / "pyproject.toml"
    if not project.is_file():
        raise ResourceNotFound(f"{folder} is no installed pack, and no folder with a pyproject.toml")
    try:
        told = tomllib.loads(project.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{project} is not valid TOML: {error}") from error
    points = told.get("project", {}).get("entry-points", {}).get("rhinecloud.packs", {})
    if not points:
        raise InvalidRequest(
            f'{project} names no pack; it needs [project.entry-points."rhinecloud.packs"] with <id> = "<module>:PACK"'
        )
    for path in (folder, folder / "src"):
        sys.path.insert(0, str(path.resolve()))
    for name, where in points.items():
        module, _, value = where.partition(":")
        try:
            pack = getattr(import_module(module), value or "PACK")
        except (Exception, SystemExit) as error:
            own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(folder.resolve()))]
            line = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
            raise InvalidRequest(f"Importing {where} fails: {type(error).__name__}: {error}{line}") from error
        if not isinstance(pack, Pack) or pack.id != name:
            raise InvalidRequest(f"{where} is not the Pack of the id {name}; both names must agree")
        yield pack
