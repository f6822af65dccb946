"""Whatever happens to a unit, each place that shows it says the same: boards, card, dispatch, crew, picture, API."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.base.errors import RhineError
from rhinecloud.operations import BoardDesk, Desk, Pick
from rhinecloud.operations.life import possible
from rhinecloud.web.live_boards import Touched

from .conftest import Screens
from .test_command_centre import ADMIN, Centre, post

UNIT = "hlf-3-1"
EVENTS = 15
API = "/command-centre/v1"


class LiveBoard:
    """A board that somebody opened at the beginning, and that has been told of every change since."""

    def __init__(self, centre: Centre) -> None:
        self._room = centre.city.centre.operations
        self._boards = centre.boards()
        self._after = 0
        self.tiles: dict[str, str] = {}
        self.strips: dict[str, str] = {}

    def hear(self) -> None:
        touched = Touched()
        while news := self._room.news("city", self._after, 500):
            for each in news:
                touched.add(each)
            self._after = news[-1].number
        if touched:
            patch = msgspec.json.decode(self._boards.changed("city", touched).encoded("en", None))
            self.tiles |= {p["id"]: p["html"] for p in patch["units"]}
            self.strips |= {p["id"]: p["html"] for p in patch["incidents"]}
            for name in patch["gone"]:
                self.strips.pop(name, None)


class Views:
    """What each place says of the unit: its status digit, and the incidents that it is said to work for."""

    def __init__(self, centre: Centre, crew: httpx.AsyncClient, token: str) -> None:
        self.centre, self.crew, self.http = centre, crew, centre.screens.http
        self.bearer = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.live = LiveBoard(centre)
        self.seen: dict[str, str] = {}

    async def digits(self, incident: str) -> dict[str, str]:
        live, board = self._tiles(await self._page("/incidents"))
        tile = BoardDesk(self.centre.desk.seat).tiles([UNIT])[0]
        picture = msgspec.json.decode(await self._page(f"/incidents/{incident}/picture/data"))
        newest = next(r for r in self.centre.desk.reports(UNIT) if not r.late and r.digit not in "05")
        card = await self._page(f"/units/{UNIT}/card")
        said = {
            "engine": self.centre.desk.unit(UNIT).status,
            "tile": tile.status.digit if tile.status else "",
            "board": _found(r'class="digit">(\w)', board),
            "live board": _found(r'class="digit">(\w)', live),
            "unit board": _found(r'class="digit">(\w)', _tile(await self._page("/units"))),
            "card": _found(r'class="digit">(\w)', card),
            "pressed on the card": _found(r'data-status="(\w)"[^>]*aria-pressed', card),
            "log of statuses": newest.digit,
            "crew": _found(r'id="status-title">Status <b>(\w)</b>', await self._page("/my-unit", self.crew)),
            "picture": next(u["status"] for u in picture["units"] if u["id"] == UNIT),
            "API": (await self._api(f"/units/{UNIT}"))["status"],
            "API, all": next(u["status"] for u in (await self._api("/units")) if u["id"] == UNIT),
        }
        for name, strip in (await self._strips()).items():
            if marked := re.search(r'class="mark[^"]*"[^>]*><b>(\w)</b>HLF 3-1', strip):
                said[f"strip {name}"] = marked[1]
        return said

    async def work(self, incidents: list[str]) -> dict[str, str]:
        """The number of the incident that the unit works for, as each says; "": none."""
        numbers = {self.centre.desk.incident(i).number: i for i in incidents}
        held = (await self._api(f"/units/{UNIT}"))["assignment"]
        live, board = self._tiles(await self._page("/incidents"))
        card = await self._page(f"/units/{UNIT}/card")
        order = _found(r'class="over"><span>[^<]*</span><span>([^<]*)</span>', await self._page("/my-unit", self.crew))
        engine = next(((i, a) for i in incidents for a in self._open(i)), ("", None))
        said = {
            "engine": engine[0],
            "board": _of_number(r'class="no"[^>]*>#(\d+)', board, numbers),
            "live board": _of_number(r'class="no"[^>]*>#(\d+)', live, numbers),
            "card": _of_number(r'/dispatch">#(\d+)', card, numbers),
            "dispatch": "",
            "picture": "",
        }
        if engine[1] is None or engine[1].state != "reserved":  # of that, a crew and its systems are told nothing
            said |= {"API": held["incident"] if held else "", "crew": numbers.get(order, order)}
        strips = await self._strips()
        said |= {f"strips: {where}": "" for where in ("page", "live")}
        for incident in incidents:
            page = await self._page(f"/incidents/{incident}/dispatch?part=sent")
            if "<strong>HLF 3-1</strong>" in page.partition("past-units")[0]:
                said["dispatch"] += incident
            picture = msgspec.json.decode(await self._page(f"/incidents/{incident}/picture/data"))
            if next(u["work"] for u in picture["units"] if u["id"] == UNIT):
                said["picture"] += incident
            for where in ("page", "live"):
                if "HLF 3-1" in strips.get(f"{where} {incident}", ""):
                    said[f"strips: {where}"] += incident
        return said

    def _open(self, incident: str) -> list[Any]:
        return [a for a in self.centre.desk.assignments(incident) if a.unit == UNIT and a.closed_us is None]

    def _tiles(self, page: str) -> tuple[str, str]:
        self.live.hear()
        return self.live.tiles[UNIT], _tile(page)

    async def _strips(self) -> dict[str, str]:
        self.live.hear()
        page = await self._page("/incidents")
        shown = {f"page {m[1]}": m[0] for m in re.finditer(r'<li class="strip[^>]*id="i-(\w+)".*?</li>', page, re.S)}
        return shown | {f"live {name}": html for name, html in self.live.strips.items()}

    async def _page(self, path: str, by: httpx.AsyncClient | None = None) -> str:
        """A page, loaded once an event."""
        if path not in self.seen:
            answer = await (by or self.http).get(path)
            assert answer.status_code == 200, path
            self.seen[path] = answer.text
        return self.seen[path]

    async def _api(self, path: str) -> Any:
        answer = await self.http.get(f"{API}{path}", headers=self.bearer)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _tile(page: str) -> str:
    return page[page.index(f'id="u-{UNIT}"') :].partition("</li>")[0]


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _of_number(pattern: str, text: str, numbers: dict[str, str]) -> str:
    short = _found(pattern, text)
    return next((i for n, i in numbers.items() if short and n.endswith(short.zfill(6))), short)


def whatever_happens(dice: random.Random, desk: Desk, incidents: list[str]) -> Callable[[], Any]:
    """Something that the crew, its device, a dispatcher or the life of an incident does next."""
    incident = dice.choice(incidents)
    found = desk.incident(incident)
    held = next((a for i in incidents for a in desk.assignments(i) if a.unit == UNIT and a.closed_us is None), None)
    boards = BoardDesk(desk.seat)
    things: list[Callable[[], Any]] = [
        lambda: desk.report_status(UNIT, dice.choice("123456780")),
        lambda: desk.report_status(UNIT, dice.choice("1234"), source="radio"),
        lambda: desk.assign(incident, [Pick(UNIT)], dice.choice(["alert", "reserve"]), deviation="es eilt"),
        lambda: boards.undo(boards.report_status(UNIT, dice.choice("1234")).id),
        lambda: desk.move(incident, dice.choice(possible(found.state)).name, found.version, reason="so"),
    ]
    if held is not None:
        things += [
            lambda: desk.alert_unit(held.id),
            lambda: desk.answer(held.id, dice.random() < 0.7, "kein Fahrer"),
            lambda: desk.withdraw(held.id, "anderswo gebraucht"),
        ]
    return dice.choice(things)


@pytest.mark.parametrize("seed", range(2))
async def test_every_view_of_a_unit_says_the_same_after_whatever_happened(screens: Screens, seed: int) -> None:
    centre = Centre(screens)
    await screens.sign_in("anna")
    incidents = [centre.fire.id, centre.report("Keller unter Wasser").id, centre.report("Rauch im Treppenhaus").id]
    crew = await centre.person("weber", "crew@city/fire")
    token, _ = screens.city.access.tokens.new(ADMIN, "api", ["incidents.read"], tenant="city")
    await post(crew, "/my-unit/board", unit=UNIT)
    views = Views(centre, crew, token)
    dice, done = random.Random(seed), 0
    while done < EVENTS:
        try:
            whatever_happens(dice, centre.desk, incidents)()
        except RhineError:
            continue  # not possible now; nothing happened
        done += 1
        views.seen.clear()
        digits = await views.digits(centre.fire.id)
        assert len(set(digits.values())) == 1, digits
        work = await views.work(incidents)
        assert len(set(work.values())) == 1, work
    await crew.aclose()
