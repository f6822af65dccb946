"""A report as a PDF: A4, black on white, readable on paper and in a fax; the same form each time.

The document names its language and title, its pictures have words behind them, and it holds nothing that was not in
the report: no names of files, no addresses of this installation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rhinecloud.base.clock import SECOND
from rhinecloud.operations.drawings import Drawing

from .chart import Chart, Ground, Point, Standing, places_of
from .declare import Content, Line, Part
from .words import clock, moment, said, time_group

LEFT: Final = 18.0
RIGHT: Final = 18.0
WIDTH: Final = 210.0 - LEFT - RIGHT
REFS: Final = 20.0
"""Width of the column with the numbers of the log."""
TIMES: Final = 17.0
PICTURE: Final = 96.0
_INK: Final = (20, 29, 37)
_QUIET: Final = (90, 104, 116)
_LINE: Final = (200, 207, 213)
_AMBER: Final = (255, 209, 64)


def pdf(
    content: Content,
    ground: Ground,
    drawings: Sequence[Drawing],
    standing: Sequence[Standing],
    incident: Point | None,
) -> bytes:
    """The document. About half a second of work: in a loop, call it in a thread."""
    sheet = _Sheet(content)
    sheet.head()
    places = places_of(drawings, incident)
    parts = list(content.parts)
    sheet.part(parts.pop(0))
    if places:
        sheet.picture(ground, drawings, standing, incident, places)
    for part in parts:
        sheet.part(part)
    sheet.end()
    return sheet.bytes()


def fonts() -> dict[str, Path]:
    """The files of the typeface, by style: Fira Sans, which knows the letters of all of Europe."""
    import fontpkg_fira_sans

    folder = fontpkg_fira_sans.ROOT / "files"
    return {"": folder / "FiraSans-Regular.ttf", "B": folder / "FiraSans-SemiBold.ttf"}


def _document(content: Content) -> Any:
    from fpdf import FPDF

    class Paper(FPDF):
        def header(self) -> None:
            _page_head(self, content)

        def footer(self) -> None:
            _page_foot(self, content)

    paper = Paper(format="A4")
    paper.set_margins(LEFT, 24 if content.exercise else 16, RIGHT)
    paper.set_auto_page_break(True, margin=20)
    for style, file in fonts().items():
        paper.add_font("text", style, file)
    title = f"{said('report', content.language)} {content.number}: {content.incident}"
    paper.set_title(f"{said('exercise', content.language)} {title}" if content.exercise else title)
    paper.set_lang(content.language)
    paper.set_author(content.author)
    paper.set_creator("Rhine Cloud")
    paper.set_creation_date(datetime.fromtimestamp(content.at_us / SECOND, UTC))
    paper.alias_nb_pages()
    return paper


def _page_head(paper: Any, content: Content) -> None:
    if content.exercise:
        paper.set_fill_color(*_AMBER)
        paper.rect(0, 0, 210, 12, style="F")
        paper.set_font("text", "B", 14)
        paper.set_text_color(*_INK)
        word = said("exercise", content.language)
        paper.set_xy(0, 2)
        paper.cell(210, 8, f"{word}   {word}   {word}", align="C")
        paper.set_xy(LEFT, 24)
    if paper.page_no() > 1:
        paper.set_font("text", "", 8)
        paper.set_text_color(*_QUIET)
        top = 16 if content.exercise else 9
        paper.text(
            LEFT, top, f"{said('report', content.language)} {content.number} · {content.incident} {content.title}"[:110]
        )


def _page_foot(paper: Any, content: Content) -> None:
    paper.set_y(-14)
    paper.set_draw_color(*_LINE)
    paper.line(LEFT, paper.get_y() - 1, 210 - RIGHT, paper.get_y() - 1)
    paper.set_font("text", "", 7.5)
    paper.set_text_color(*_QUIET)
    group = time_group(content.at_us, content.zone)
    exercise = f"{said('exercise', content.language)} · " if content.exercise else ""
    paper.cell(WIDTH * 0.7, 5, f"{exercise}{content.city} · {group} · {content.author}"[:110])
    paper.cell(WIDTH * 0.3, 5, f"{said('page', content.language)} {paper.page_no()}/{{nb}}", align="R")


class _Sheet:
    def __init__(self, content: Content) -> None:
        self.content, self.paper = content, _document(content)
        self.paper.add_page()

    def say(self, key: str) -> str:
        return said(key, self.content.language)

    def _font(self, size: float, style: str = "", colour: tuple[int, int, int] = _INK) -> None:
        self.paper.set_font("text", style, size)
        self.paper.set_text_color(*colour)

    def head(self) -> None:
        """Who reports what, and when."""
        paper, content = self.paper, self.content
        self._font(9, "", _QUIET)
        paper.cell(WIDTH / 2, 5, content.city)
        paper.cell(WIDTH / 2, 5, time_group(content.at_us, content.zone), align="R", new_x="LMARGIN", new_y="NEXT")
        self._font(19, "B")
        paper.cell(WIDTH, 10, f"{self.say('report')} {self.say('no')} {content.number}", new_x="LMARGIN", new_y="NEXT")
        self._font(13, "B")
        paper.multi_cell(WIDTH, 6.5, content.title, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.ln(2)
        since = moment(content.reported_us, content.zone, content.language)
        rows = [
            (self.say("incident"), f"{content.incident} · {content.kind} · {content.severity}"),
            (self.say("state"), f"{content.state} · {self.say('since')} {since}"),
            (self.say("place"), content.place or "–"),
            (self.say("agencies"), ", ".join(content.agencies) or "–"),
        ]
        for name, value in rows:
            self._font(8.5, "", _QUIET)
            paper.cell(24, 5, name)
            self._font(9.5)
            paper.multi_cell(WIDTH - 24, 5, value, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.ln(1)

    def part(self, part: Part) -> None:
        paper = self.paper
        if paper.get_y() > 255:
            paper.add_page()
        paper.ln(3)
        paper.set_draw_color(*_LINE)
        paper.line(LEFT, paper.get_y(), 210 - RIGHT, paper.get_y())
        paper.ln(1.5)
        with paper.local_context():
            self._font(11.5, "B")
            paper.cell(WIDTH, 6, part.title, new_x="LMARGIN", new_y="NEXT")
        if part.text:
            self._font(10)
            paper.multi_cell(WIDTH - REFS, 5, part.text, align="L", new_x="LMARGIN", new_y="NEXT")
            paper.ln(1)
        for line in part.lines:
            self._line(line)
        if not part.text and not part.lines:
            self._font(9, "", _QUIET)
            paper.cell(WIDTH, 5, self.say("nothing"), new_x="LMARGIN", new_y="NEXT")

    def _line(self, line: Line) -> None:
        """Time, words, and at the edge the numbers of the log that they rest on."""
        paper, content = self.paper, self.content
        if paper.get_y() > 268:
            paper.add_page()
        top = paper.get_y()
        self._font(8.5, "", _QUIET)
        before = clock(line.at_us, content.zone, content.at_us) if line.at_us else line.mark
        paper.cell(TIMES, 5, before)
        self._font(9.5)
        words = f"{line.mark.upper()}: {line.text}" if line.at_us and line.mark else line.text
        paper.set_xy(LEFT + TIMES, top)
        page = paper.page_no()
        paper.multi_cell(WIDTH - REFS - TIMES, 4.8, words, align="L", new_x="LMARGIN", new_y="NEXT")
        bottom = paper.get_y()
        if line.refs and paper.page_no() == page:
            self._font(7.5, "", _QUIET)
            paper.set_xy(210 - RIGHT - REFS, top)
            paper.cell(REFS, 5, ", ".join(str(r) for r in line.refs), align="R")
        paper.set_xy(LEFT, bottom + 0.4)

    def picture(
        self,
        ground: Ground,
        drawings: Sequence[Drawing],
        standing: Sequence[Standing],
        incident: Point | None,
        places: Sequence[Point],
    ) -> None:
        paper = self.paper
        paper.ln(3)
        if paper.get_y() + PICTURE > 275:
            paper.add_page()
        top = paper.get_y()
        chart = Chart(paper, (LEFT, top, WIDTH, PICTURE), places)
        chart.draw(ground, drawings, standing, incident, self.content.language)
        paper.set_xy(LEFT, top + PICTURE + 0.5)
        self._font(6.5, "", _QUIET)
        at = moment(self.content.at_us, self.content.zone, self.content.language)
        paper.cell(WIDTH / 2, 3.5, f"{self.say('picture')}, {at}")
        paper.cell(WIDTH / 2, 3.5, ground.credit, align="R", new_x="LMARGIN", new_y="NEXT")

    def end(self) -> None:
        """When the next one comes, who answers for this one, and the log that it rests on."""
        paper, content = self.paper, self.content
        if paper.get_y() > 250:
            paper.add_page()
        paper.ln(4)
        paper.set_draw_color(*_INK)
        paper.line(LEFT, paper.get_y(), 210 - RIGHT, paper.get_y())
        paper.ln(2)
        if content.next_us:
            self._font(10, "B")
            text = f"{self.say('next')}: {moment(content.next_us, content.zone, content.language)}"
            paper.cell(WIDTH, 6, text, new_x="LMARGIN", new_y="NEXT")
        self._font(9)
        signed = f"{self.say('author')}: {content.author}, {moment(content.at_us, content.zone, content.language)}"
        paper.cell(WIDTH, 5.5, signed, new_x="LMARGIN", new_y="NEXT")
        self._font(7.5, "", _QUIET)
        log = f"{self.say('log')}: {content.entries} {self.say('entries')}, SHA-256 {content.head}. {self.say('rests')}"
        paper.multi_cell(WIDTH, 4, log, align="L", new_x="LMARGIN", new_y="NEXT")

    def bytes(self) -> bytes:
        return bytes(self.paper.output())
