"""What islands are told by their page: language, time zone, words. Nothing here decides anything."""

from __future__ import annotations

import msgspec


class Island(msgspec.Struct, kw_only=True, rename="camel"):
    language: str
    timezone: str
    words: dict[str, str]  # English text → text of the language
    at: str = ""  # the moment shown; "" is now
    map_style: str = ""  # address of another map style
    pmtiles: str = ""  # address of a PMTiles file
    evidence: bool = False  # raw messages may be looked at
    alerts: bool = False  # alerts may be seen
    may_acknowledge: bool = False
    csrf: str = ""  # for what an island does as a form would

    @property
    def json(self) -> str:
        """For a data block in the page; `<` cannot end it."""
        return msgspec.json.encode(self).decode().replace("<", "\\u003c")


def texts() -> tuple[str, ...]:
    """Every text that an island says: `t("…")` and `n("…", "…")` in our modules, found when the program starts."""
    import re
    from pathlib import Path

    found: set[str] = set()
    for file in sorted((Path(__file__).parent / "static/components").glob("*.js")):
        source = file.read_text("utf-8")
        found |= set(re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', source))
        for one, many in re.findall(r'\bn\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"', source):
            found |= {one, many}
    return tuple(sorted(found))


ISLAND_TEXTS = texts()
