"""`rhinecloud simulate`: what happens in the demo city, how fast it lives and how far back its past goes.

The wishes go through the control socket to the running city, which tells its simulator. `rhinecloud simulate FILE.json`
is that simulator itself; `up` starts it, a person rarely does.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rhinecloud.base.errors import InvalidRequest, ResourceNotFound

if TYPE_CHECKING:
    from rhinecloud.app import City

    from .control import Doer

simulate_app = typer.Typer(
    no_args_is_help=True, help="The demo city: start events, change its speed, fill in its past."
)

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


@simulate_app.command("event")
def event(
    kind: Annotated[str, typer.Argument(help="Which; `rhinecloud simulate events` lists them.")],
    in_: Annotated[
        str, typer.Option("--in", metavar="TIME", help="When it begins: 10min, 2h, 1d; -1h was an hour ago.")
    ] = "0s",
    lasting: Annotated[
        str, typer.Option(metavar="TIME", help="How long; without: as such a thing usually lasts.")
    ] = "",
    strength: Annotated[
        float | None, typer.Option(help="How strong, in the unit of its kind.", show_default=False)
    ] = None,
    at: Annotated[str, typer.Option(metavar="LON,LAT", help="Where, if it happens at a place.")] = "",
    data: Data = None,
) -> None:
    """Let something happen in the demo city: a flood, a storm, a fire …"""
    found = _ask(
        data,
        "event",
        kind=kind,
        in_s=seconds(in_),
        lasts_s=seconds(lasting) if lasting else None,
        strength=strength,
        place=_place(at),
    )
    typer.echo(f"{found['label']}: from {_clock(found['start_s'])} to {_clock(found['start_s'] + found['lasts_s'])}, "
               f"{found['strength']:g} {found['unit']}")  # fmt: skip


@simulate_app.command("end")
def end(
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help="Which; without: all of them.")] = "", data: Data = None
) -> None:
    """End events that were started here; what the weather brings by itself goes on."""
    typer.echo(f"{_ask(data, 'end', kind=kind)} ended")


@simulate_app.command("events")
def events(data: Data = None) -> None:
    """List what can be started, and what was started and goes on or is to come."""
    from .table import table

    state = _ask(data, "state")
    table(
        ("event", "what", "usually lasts", "usual strength"),
        [
            (k["name"], k["label"]["en"], _length(k["lasts_s"]), f"{k['strength']:g} {k['unit']}")
            for k in state["kinds"]
        ],
    )
    for happening in state["events"]:
        until = happening["start_s"] + happening["lasts_s"]
        typer.echo(f"{happening['kind']}: {_clock(happening['start_s'])} to {_clock(until)}")


@simulate_app.command("speed")
def speed(
    factor: Annotated[float, typer.Argument(help="60: an hour a minute; 1: with the clock again.")], data: Data = None
) -> None:
    """Let the demo city live faster or slower than the clock; what it sends is stamped with the clock's time."""
    _ask(data, "speed", factor=factor)
    typer.echo(f"{factor:g} times as fast as the clock" if factor != 1 else "With the clock again")


@simulate_app.command("back-fill")
def back_fill(
    length: Annotated[str, typer.Argument(metavar="TIME", help="How far back: 365d, 26w.")],
    step: Annotated[str, typer.Option(metavar="TIME", help="From one value to the next.")] = "1h",
    wait: Annotated[bool, typer.Option(help="Wait until it is done, and show how far it is.")] = True,
    data: Data = None,
) -> None:
    """Fill in the demo city's past. Interrupted, by ctrl-C or a restart of the city, it goes on by itself."""
    _ask(data, "fill", seconds=seconds(length), step_s=seconds(step))
    if wait:
        _watch(data)


@simulate_app.command("status")
def status(data: Data = None) -> None:
    """Say what is played, and how far the past is filled in."""
    state = _ask(data, "state")
    filled = state["filled"]
    typer.echo(f"devices    {state['devices']}, {state['connected']} connected, {state['messages']} messages")
    typer.echo(f"packs      {', '.join(state['packs'])}")
    typer.echo(
        f"speed      {state['speed']:g}" + (f", it is {_clock(state['model_s'])}" if state["speed"] != 1 else "")
    )
    if filled["from_s"]:
        much = f"{filled['instances']} values in {filled['seconds']:.0f} s"
        done = "" if filled["done"] == 1 else f", {filled['done']:.0%} of what is being filled in"
        typer.echo(f"past       from {_clock(filled['from_s'])} on, {much}{done}")
    if filled["trouble"]:
        typer.echo(f"trouble    {filled['trouble']}", err=True)


def _watch(data: Path | None) -> None:
    from .progress import Progress

    with Progress("Filling in the past", 1000, "things") as bar:
        shown, began = 0, time.monotonic()
        while True:
            time.sleep(1)
            filled = _ask(data, "state")["filled"]
            if filled["trouble"]:
                raise InvalidRequest(filled["trouble"])
            bar.advance(max(0, round(1000 * filled["done"]) - shown))
            shown = max(shown, round(1000 * filled["done"]))
            if filled["pending"] == 0 and time.monotonic() - began > 8:  # the simulator tells every five seconds
                break
    typer.echo(
        f"The past goes back to {_clock(filled['from_s'])}: {filled['instances']} values in {filled['seconds']:.0f} s"
    )


def seconds(text: str) -> float:
    """A length of time as people write it: 90s, 10min, 2h, 365d, 4w.

    Raises:
        InvalidRequest: it is none.
    """
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(s|min|h|d|w)\s*", text)
    if not found:
        raise InvalidRequest(f"{text[:40]!r} is no length of time; write 90s, 10min, 2h, 365d or 4w")
    return float(found[1]) * _UNITS[found[2]]


def _place(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidRequest(f"{text[:40]!r} is no place; write LON,LAT, such as 6.7279,51.4553") from error
    return lon, lat


def _clock(at_s: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M")


def _length(seconds_: float) -> str:
    days, hours = seconds_ / 86_400, seconds_ / 3600
    return f"{days:g} d" if days >= 1 else f"{hours:g} h"


def _ask(data: Path | None, what: str, **members: Any) -> Any:
    from rhinecloud.base.settings import load

    from .control import ask

    return ask(load(data).data, "simulate", what=what, **members)


def doers(city: City) -> dict[str, Doer]:
    """What may be asked of the running city's simulator."""
    from rhinecloud.kit import KINDS
    from rhinecloud.kit import event as made

    async def simulate(asked: dict[str, Any]) -> Any:
        demo = city.demo
        if demo is None:
            raise ResourceNotFound("This city has no simulator; `rhinecloud up` without --empty starts the demo city")
        match asked.pop("what"):
            case "event":
                place = asked["place"]
                happening = await demo.begin(
                    made(
                        asked["kind"],
                        demo.model_time() + asked["in_s"],
                        lasts_s=asked["lasts_s"],
                        strength=asked["strength"],
                        place=(place[0], place[1]) if place else None,
                    )
                )
                kind = next(k for k in KINDS if k.name == happening.kind)
                return {
                    "label": kind.label.en,
                    "start_s": happening.start_s,
                    "lasts_s": happening.lasts_s,
                    "strength": happening.strength,
                    "unit": kind.unit,
                }
            case "end":
                return await demo.end(asked["kind"])
            case "speed":
                return await demo.hasten(asked["factor"])
            case "fill":
                return await demo.fill(asked["seconds"], asked["step_s"])
            case _:
                return demo.state()

    return {"simulate": simulate}


def play(file: Path) -> None:
    """Plays what the file tells, until told to stop."""
    from rhinecloud.base.errors import RhineError
    from rhinecloud.base.telemetry import set_up_logs
    from rhinecloud.kit.simulate import run

    set_up_logs()
    try:
        asyncio.run(run(file))
    except RhineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
