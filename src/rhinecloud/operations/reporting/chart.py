"""The picture of a report: base map, drawings, signs and units, drawn into the PDF as lines and not as an image, so
that it stays sharp however it is printed.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from rhinecloud.operations import signs
from rhinecloud.operations.drawings import Drawing

Point = tuple[float, float]
Colour = tuple[int, int, int]

LEAST_M: Final = 900.0
"""Half the width of the smallest picture."""
_RED: Final = (190, 26, 48)
_ORANGE: Final = (176, 74, 0)
_GREEN: Final = (31, 122, 77)
_BLUE: Final = (11, 93, 159)
_BROWN: Final = (125, 95, 0)
_GREY: Final = (68, 82, 94)
# Colour, width in mm, dash in mm, how much of the colour fills an area, arrow heads.
_LOOKS: Final[dict[str, tuple[Colour, float, float, float, bool]]] = {
    "hazard": (_RED, 0.6, 0, 0.16, False),
    "damage": (_ORANGE, 0.6, 0, 0.16, False),
    "section": (_GREY, 0.5, 2.4, 0.0, False),
    "evacuation": (_ORANGE, 0.6, 2.0, 0.14, False),
    "staging": (_GREEN, 0.6, 0, 0.18, False),
    "collection": (_GREEN, 0.6, 0, 0.18, False),
    "cordon": (_RED, 0.9, 1.0, 0.06, False),
    "route": (_BLUE, 0.9, 0, 0.0, True),
    "dike": (_BROWN, 1.0, 0, 0.0, False),
    "hose": (_BLUE, 0.8, 0.8, 0.0, False),
    "area": (_BLUE, 0.6, 0, 0.12, False),
}


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """A base map: shapes by layer, each a list of (longitude, latitude), and names with their places.

    `areas` and `lines` are drawn in their order, with the colour and, for lines, the width in millimetres.
    """

    areas: tuple[tuple[Colour, tuple[tuple[Point, ...], ...]], ...] = ()
    lines: tuple[tuple[Colour, float, tuple[tuple[Point, ...], ...]], ...] = ()
    names: tuple[tuple[str, Point], ...] = ()
    credit: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on the picture."""

    name: str
    sign: str
    at: Point


class Chart:
    """Draws one picture into a box of a PDF, in millimetres.

    Args:
        pdf: an `fpdf.FPDF` that stands on the page, with the fonts "text".
    """

    def __init__(self, pdf: Any, box: tuple[float, float, float, float], places: Sequence[Point]) -> None:
        self._pdf, self._box = pdf, box
        self._taken: list[tuple[float, float, float, float]] = []
        x, y, width, height = box
        west, south, east, north = _extent(places, width / height)
        left, top = _mercator(west, north)
        right, _ = _mercator(east, south)
        self._scale = width / (right - left)
        self._origin = (x - left * self._scale, y - top * self._scale)
        self.bounds = (west, south, east, north)
        middle = math.radians((south + north) / 2)
        self.metres = (east - west) * 111_320 * math.cos(middle) / width  # of one millimetre

    def at(self, place: Point) -> Point:
        """Where a place is, in millimetres of the page."""
        mx, my = _mercator(*place[:2])
        return self._origin[0] + mx * self._scale, self._origin[1] + my * self._scale

    def draw(
        self,
        ground: Ground,
        drawings: Sequence[Drawing],
        standing: Sequence[Standing],
        incident: Point | None,
        language: str,
    ) -> None:
        pdf, (x, y, width, height) = self._pdf, self._box
        with pdf.rect_clip(x=x, y=y, w=width, h=height):
            pdf.set_fill_color(247, 248, 248)
            pdf.rect(x, y, width, height, style="F")
            self._ground(ground)
            for drawing in drawings:
                if drawing.geometry["type"] != "Point":
                    self._shape(drawing)
            if incident is not None:
                self._target(self.at(incident))
            for unit in standing:
                self._sign(unit.sign, self.at(unit.at), unit.name, language, small=True)
            for drawing in sorted(drawings, key=lambda d: d.geometry["type"] != "Point"):
                self._mark(drawing, language)
            self._scale_bar()
        pdf.set_draw_color(120, 130, 140)
        pdf.set_line_width(0.3)
        pdf.rect(x, y, width, height)

    # ── base map ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ground(self, ground: Ground) -> None:
        pdf = self._pdf
        for colour, rings in ground.areas:
            pdf.set_fill_color(*colour)
            for ring in self._near(rings):
                if len(ring) > 2:
                    pdf.polygon([self.at(p) for p in ring], style="F")
        for colour, wide, lines in ground.lines:
            pdf.set_draw_color(*colour)
            pdf.set_line_width(wide)
            for line in self._near(lines):
                if len(line) > 1:
                    pdf.polyline([self.at(p) for p in line])
        pdf.set_font("text", "", 7)
        pdf.set_text_color(110, 122, 132)
        for name, place in ground.names:
            if self._inside(place):
                px, py = self.at(place)
                pdf.text(px - pdf.get_string_width(name) / 2, py, name)

    def _near(self, shapes: Sequence[Sequence[Point]]) -> Iterator[Sequence[Point]]:
        west, south, east, north = self.bounds
        for shape in shapes:
            lons, lats = [p[0] for p in shape], [p[1] for p in shape]
            if min(lons) < east and max(lons) > west and min(lats) < north and max(lats) > south:
                yield shape

    def _inside(self, place: Point) -> bool:
        west, south, east, north = self.bounds
        return west < place[0] < east and south < place[1] < north

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────────────────────────

    def _shape(self, drawing: Drawing) -> None:
        pdf = self._pdf
        colour, wide, dash, fill, arrows = _LOOKS.get(drawing.kind, _LOOKS["area"])
        geometry = drawing.geometry
        closed = geometry["type"] == "Polygon"
        points = [self.at(tuple(p[:2])) for p in (geometry["coordinates"][0] if closed else geometry["coordinates"])]
        faint = 0.55 if drawing.planned else 1.0
        if closed and fill:
            with pdf.local_context(fill_opacity=fill * faint):
                pdf.set_fill_color(*colour)
                pdf.polygon(points, style="F")
        with pdf.local_context(stroke_opacity=faint):
            pdf.set_draw_color(*colour)
            pdf.set_line_width(wide)
            pdf.set_dash_pattern(dash=1.6 if drawing.planned else dash, gap=1.6 if drawing.planned else dash)
            (pdf.polygon if closed else pdf.polyline)(points)
            pdf.set_dash_pattern()
        if arrows and len(points) > 1:
            pdf.set_fill_color(*colour)
            pdf.polygon(_arrow(points[-2], points[-1]), style="F")

    def _mark(self, drawing: Drawing, language: str) -> None:
        from rhinecloud.operations.drawings import KINDS

        place = self.at(_middle(drawing.geometry))
        sign = drawing.sign or KINDS[drawing.kind].sign
        if sign:
            self._sign(sign, place, drawing.label, language, planned=drawing.planned)
        elif drawing.label:
            self._words(drawing.label, (place[0], place[1] - 1.5), 7.5)

    def _sign(
        self, key: str, place: Point, words: str, language: str, *, small: bool = False, planned: bool = False
    ) -> None:
        width = 7.0 if small else 8.5
        height = width * signs.HEIGHT / signs.WIDTH
        drawn = signs.svg(key, language, planned=planned, plain=True).encode()
        left, top = place[0] - width / 2, place[1] - height / 2
        self._pdf.image(io.BytesIO(drawn), x=left, y=top, w=width, alt_text=signs.label(key)[language])
        text = signs.read(key).text
        if text:
            self._pdf.set_font("text", "B", 3.6)
            self._pdf.set_text_color(0, 0, 0)
            self._words(text, (place[0] - width * 0.2, place[1] + height * 0.3), 3.8)
        if words:
            size = 6.0 if small else 7.0
            below, above = place[1] + height / 2 + 1.6, place[1] - height / 2 - 1.4
            self._words(words, (place[0], below), size) or self._words(words, (place[0], above), size)

    def _words(self, text: str, middle: Point, size: float) -> bool:
        """Words on a white ground, so that they are read over anything; left out (False) where others stand already."""
        pdf = self._pdf
        pdf.set_font("text", "B", size)
        width, height = pdf.get_string_width(text), size * 0.36
        left, right = middle[0] - width / 2 - 0.6, middle[0] + width / 2 + 0.6
        box = (left, middle[1] - height + 0.6, right, middle[1] + 1.1)
        if size > 4:  # smaller ones are a sign's own letters
            if any(_meets(box, other) for other in self._taken):
                return False
            self._taken.append(box)
        with pdf.local_context(fill_opacity=0.78):
            pdf.set_fill_color(255, 255, 255)
            pdf.rect(middle[0] - width / 2 - 0.6, middle[1] - height + 0.6, width + 1.2, height + 0.5, style="F")
        pdf.set_text_color(20, 29, 37)
        pdf.text(middle[0] - width / 2, middle[1] + 0.6, text)
        return True

    def _target(self, place: Point) -> None:
        pdf = self._pdf
        pdf.set_draw_color(*_RED)
        pdf.set_line_width(0.7)
        pdf.circle(x=place[0], y=place[1], radius=2.6)
        pdf.line(place[0] - 4, place[1], place[0] + 4, place[1])
        pdf.line(place[0], place[1] - 4, place[0], place[1] + 4)

    def _scale_bar(self) -> None:
        pdf, (x, y, _, height) = self._pdf, self._box
        metres = next(m for m in (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50) if m / self.metres < 45 or m == 50)
        long = metres / self.metres
        left, low = x + 4, y + height - 4
        pdf.set_draw_color(20, 29, 37)
        pdf.set_line_width(0.4)
        pdf.line(left, low, left + long, low)
        for end in (left, left + long):
            pdf.line(end, low - 1.2, end, low)
        self._words(f"{metres} m" if metres < 1000 else f"{metres // 1000} km", (left + long / 2, low - 2), 6.5)


def places_of(drawings: Sequence[Drawing], incident: Point | None) -> list[Point]:
    """All places that a picture has to show."""
    found: list[Point] = [incident] if incident else []
    for drawing in drawings:
        found += _flat(drawing.geometry["coordinates"])
    return found


def _flat(coordinates: Any) -> list[Point]:
    if coordinates and isinstance(coordinates[0], int | float):
        return [(float(coordinates[0]), float(coordinates[1]))]
    return [p for part in coordinates for p in _flat(part)]


def _middle(geometry: Mapping[str, Any]) -> Point:
    points = _flat(geometry["coordinates"])
    if geometry["type"] == "LineString":
        return points[(len(points) - 1) // 2]
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    return (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2


def _extent(places: Sequence[Point], ratio: float) -> tuple[float, float, float, float]:
    """West, south, east, north: all places with some air, in the shape of the box, and never a keyhole."""
    lons, lats = [p[0] for p in places], [p[1] for p in places]
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    narrow = math.cos(math.radians(lat))
    half_x = max((max(lons) - min(lons)) * 111_320 * narrow / 2 * 1.2, LEAST_M)
    half_y = max((max(lats) - min(lats)) * 111_320 / 2 * 1.25, LEAST_M / ratio)
    half_x, half_y = max(half_x, half_y * ratio), max(half_y, half_x / ratio)
    dx, dy = half_x / 111_320 / narrow, half_y / 111_320
    return lon - dx, lat - dy, lon + dx, lat + dy


def _meets(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def _mercator(lon: float, lat: float) -> Point:
    """Web Mercator, 0 to 1."""
    sine = math.sin(math.radians(lat))
    return lon / 360 + 0.5, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def _arrow(start: Point, end: Point) -> list[Point]:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    return [
        (end[0] + 1.4 * math.cos(angle), end[1] + 1.4 * math.sin(angle)),
        (end[0] + 2.2 * math.cos(angle + 2.5), end[1] + 2.2 * math.sin(angle + 2.5)),
        (end[0] + 2.2 * math.cos(angle - 2.5), end[1] + 2.2 * math.sin(angle - 2.5)),
    ]
