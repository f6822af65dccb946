"""The two languages of every screen: choosing one, and the words in it.

Texts are written in English where they are used, `_("…")` in templates and Python, `t("…")` in islands, and translated
in `translations/de.po`. The file is read as it is: nothing has to be compiled, a changed word shows at the next start.
English is the text itself. A test compares all texts in use with the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("de", "en")
NAMES: Final[Mapping[str, str]] = {"de": "Deutsch", "en": "English"}
FOLDER: Final = Path(__file__).parent / "translations"


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


class Words:
    """The texts of one language; calling it translates one."""

    def __init__(self, language: str, texts: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, text: str) -> str:
        found = self._texts.get(text)
        return found[0] if found else text

    def has(self, text: str) -> bool:
        return text in self._texts

    def plural(self, one: str, many: str, number: int) -> str:
        """Both languages have the same rule: one, or any other number."""
        found = self._texts.get(one)
        if found and len(found) > 1:
            return found[number != 1]
        return one if number == 1 else many

    def some(self, texts: tuple[str, ...]) -> dict[str, str]:
        """Those texts for an island, as far as they differ from themselves."""
        return {t: self(t) for t in texts if self(t) != t}


@lru_cache(maxsize=8)
def words(language: str) -> Words:
    """The texts of "de" or "en"."""
    file = FOLDER / f"{language}.po"
    if not file.exists():
        return Words(language, {})
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        catalog = read_po(stream, locale=language)
    texts: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if message.id and message.string:
            key, value = message.id, message.string
            texts[key[0] if isinstance(key, tuple | list) else key] = (
                tuple(value) if isinstance(value, tuple | list) else (value,)
            )
    return Words(language, texts)


_RANGE = re.compile(r"([a-z]{1,8})(?:-[a-z0-9-]+)?(?:\s*;\s*q=([01](?:\.\d{0,3})?))?\Z")


def choose(chosen: str, accept: str, default: str) -> str:
    """The language of a visit: what was chosen, else what the browser prefers, else the city's.

    Args:
        chosen: the cookie's value, or "".
        accept: the header Accept-Language (RFC 9110, 12.5.4).
        default: `settings.language`.
    """
    if chosen in LANGUAGES:
        return chosen
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.lower().split(",")[:20]):
        if (match := _RANGE.match(part.strip())) and match[1] in LANGUAGES:
            wishes.append((-float(match[2] or 1), place, match[1]))
    if wishes:
        return min(wishes)[2]
    return default if default in LANGUAGES else LANGUAGES[0]
