"""Both languages are complete, and a visit gets the one it asks for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

import rhinecloud.web
from rhinecloud.web.island import texts as island_texts
from rhinecloud.web.language import choose, words
from rhinecloud.web.rendering import number

ROOM = Path(rhinecloud.web.__file__).parent
SPOKEN_ARGUMENTS = {"said", "error"}  # of our page methods: translated there


def template_texts() -> dict[str, str]:
    """Text → the file it stands in; of plurals the first form."""
    found: dict[str, str] = {}
    reader = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    for file in sorted((ROOM / "templates").rglob("*.html")):
        for _line, _function, message in reader.extract_translations(file.read_text("utf-8")):  # type: ignore[attr-defined]
            text = message[0] if isinstance(message, tuple) else message
            if text:
                found[text] = file.name
    return found


def python_texts() -> dict[str, str]:
    """Texts in Python: N_("…"), words(…)("…"), say("…"), titles of frames, said= and error=."""
    found: dict[str, str] = {}
    for file in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                for text in _of_call(node):
                    found[text] = file.name
    return found


def _of_call(node: ast.Call) -> list[str]:
    spoken = [k.value for k in node.keywords if k.arg in SPOKEN_ARGUMENTS]
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("N_", "say") or (isinstance(node.func, ast.Call) and getattr(node.func.func, "id", "") == "words"):
        spoken += node.args[:1]
    elif (name == "frame" and len(node.args) > 2) or (name == "_link_form" and len(node.args) > 2):
        spoken.append(node.args[2])
    return [
        n.value
        for n in spoken
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and re.search(r"[A-Za-z]", n.value)
    ]


def all_texts() -> dict[str, str]:
    return (
        template_texts()
        | python_texts()
        | dict.fromkeys(island_texts(), "an island")
        | dict.fromkeys(("operator", "engineer", "analyst", "leadership", "planner", "crew", "administrator"), "roles")
    )


def test_every_text_has_its_german() -> None:
    german = words("de")
    missing = {text: where for text, where in all_texts().items() if not german.has(text)}
    assert not missing


def test_no_german_text_is_left_over() -> None:
    with (ROOM / "translations/de.po").open("rb") as file:
        kept = {m.id[0] if isinstance(m.id, tuple | list) else m.id for m in read_po(file, locale="de") if m.id}
    assert not kept - set(all_texts())


def test_translations_keep_the_places_for_values() -> None:
    german = words("de")
    places = re.compile(r"%\(\w+\)s|\{\w+\}")
    for text in all_texts():
        assert sorted(places.findall(text)) == sorted(places.findall(german(text))), text


def test_plurals_have_both_forms() -> None:
    german = words("de")
    assert german.plural("%(num)s device", "%(num)s devices", 1) == "%(num)s Gerät"
    assert german.plural("%(num)s device", "%(num)s devices", 0) == "%(num)s Geräte"
    assert words("en").plural("%(num)s device", "%(num)s devices", 2) == "%(num)s devices"


def test_templates_say_something() -> None:
    assert len(template_texts()) > 100


@pytest.mark.parametrize(
    ("chosen", "accept", "language"),
    [
        ("en", "de", "en"),
        ("", "en-GB,en;q=0.9,de;q=0.8", "en"),
        ("", "de;q=0.5, en;q=0.4", "de"),
        ("", "fr, en;q=0.1", "en"),
        ("", "fr", "de"),
        ("", "", "de"),
        ("xx", "en;q=nonsense", "de"),
    ],
)
def test_a_visit_gets_the_language_it_asks_for(chosen: str, accept: str, language: str) -> None:
    assert choose(chosen, accept, "de") == language


@pytest.mark.parametrize(
    ("x", "decimals", "german", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (None, 0, "–", "–"),
        (1e300, 2, "1E300", "1E300"),
        (-2.5e15, None, "-2,5E15", "-2.5E15"),
        (float("inf"), 2, "–", "–"),
        (5e-324, 3, "0,000", "0.000"),
    ],
)
def test_a_number_is_written_as_people_write_it_however_great(
    x: float | None, decimals: int | None, german: str, english: str
) -> None:
    assert (number(x, "de", decimals), number(x, "en", decimals)) == (german, english)
