"""A tactical sign as SVG: with a white rim, so that it can be read on any map, and its name for who does not see it."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Final
from zlib import crc32

from .catalogue import label, read
from .grammar import BASES, ORGANISATIONS, SIZES, TASKS, Base, Organisation, Sign, Task

WIDTH: Final = 100
HEIGHT: Final = 80
_BLACK: Final = "#111111"
_LINE: Final = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
_PLAIN: Final = Organisation(id="", label=BASES["formation"].label, fill="#ffffff")


@lru_cache(maxsize=1000)
def svg(key: str, language: str = "en", *, planned: bool = False, plain: bool = False) -> str:
    """The drawing of a sign. Planned: dashed, for what is not there yet. Plain: without words and cuts, for who draws
    no more than lines.

    Raises:
        BadRequestData: there is no such sign.
    """
    sign, said = read(key), label(key)[language]
    base = BASES[sign.base]
    owner = ORGANISATIONS.get(sign.organisation, _PLAIN)
    fill = base.fill or owner.fill
    ink = owner.ink if not base.fill else _BLACK
    dash = ' stroke-dasharray="7 5"' if planned else ""
    inside = f"cut-{crc32(key.encode()):08x}"
    whole, width = f"{base.outline} {base.extra}", 3 if base.ink == _BLACK else 4
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' role="img">{"" if plain else f"<title>{escape(said)}</title>"}',
        f'<defs><clipPath id="{inside}"><path d="{base.outline}"/></clipPath></defs>',
        f'<path d="{whole}" {_LINE} stroke="#ffffff" stroke-width="8"/><path d="{base.outline}" fill="{fill}"/>',
        _figure(sign, base, ink, "" if plain else inside),
        f'<path d="{whole}" {_LINE} stroke="{base.ink}" stroke-width="{width}"{dash}/>',
        _size(sign, plain),
        "" if plain or not base.mark else _text(base.mark, 14, 34, 30, base.ink),
        "" if plain else _letters(sign, base, ink),
        "</svg>",
    ]
    return "".join(parts)


def _figure(sign: Sign, base: Base, ink: str, inside: str) -> str:
    task = TASKS.get(sign.task)
    if task is None:
        return ""
    move, scale = placed(task, base, bool(sign.text))
    drawn = f'<path d="{task.lines}" {_LINE} stroke="{ink}" stroke-width="{3 / scale:.2f}"/>' if task.lines else ""
    filled = f'<path d="{task.fills}" fill="{ink}"/>' if task.fills else ""
    cut = f' clip-path="url(#{inside})"' if task.covers and inside else ""
    if task.covers and not inside and base.box[2] < 60:  # nothing is cut: it is made to fit
        scale *= 0.66
        move = (base.box[0] + base.box[2] / 2 - 42 * scale, base.box[1] + base.box[3] / 2 - 25 * scale)
    return f'<g{cut}><g transform="translate({move[0]:.2f} {move[1]:.2f}) scale({scale:.3f})">{filled}{drawn}</g></g>'


def placed(task: Task, base: Base, lettered: bool) -> tuple[tuple[float, float], float]:
    """Where a task's field of 84 × 50 lies on a base, and how large."""
    x, y, width, height = base.box
    if task.covers:
        scale = max(height / 50, 1.0) if width < 60 else height / 50
        return (x + width / 2 - 42 * scale, y + height / 2 - 25 * scale), scale
    room = 0.62 if lettered and width > 60 else 0.86
    scale = min(width * room / 64, height * 0.86 / 50)
    middle = x + width * (0.66 if lettered and width > 60 else 0.5)
    return (middle - 42 * scale, y + height / 2 - 25 * scale), scale


def _size(sign: Sign, plain: bool) -> str:
    if not sign.size:
        return ""
    rim = "" if plain else ' stroke="#ffffff" stroke-width="2.5" paint-order="stroke"'
    return f'<path d="{SIZES[sign.size].marks}" fill="#111111"{rim}/>'


def _letters(sign: Sign, base: Base, ink: str) -> str:
    """Below left in the wide shapes, as DV 102 has a vehicle's kind; in the middle of the others, below a figure."""
    if not sign.text:
        return ""
    x, y, width, height = base.box
    size = 17.0 if len(sign.text) < 4 else 14.0
    ground = base.fill or ORGANISATIONS.get(sign.organisation, _PLAIN).fill
    if width > 60:
        return _text(sign.text, x + 4, y + height - 4, size, ink, ground)
    if sign.task:
        return _text(sign.text, 50, y + height - 2, size, ink, ground, middle=True)
    return _text(sign.text, 50, y + height / 2 + 9, 26, ink, ground, middle=True)


def _text(
    text: str, x: float, y: float, size: float, ink: str, ground: str = "#ffffff", *, middle: bool = False
) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="Arial, sans-serif" font-weight="700" font-size="{size:g}"'
        f' fill="{ink}" stroke="{ground}" stroke-width="4" paint-order="stroke" stroke-linejoin="round"{anchor}>'
        f"{escape(text)}</text>"
    )
