"""Automatic actions of a playbook's steps, as they are known by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from rhinecloud.base.declare import Label

from .declare import Incident, Run, RunStep


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """What an action wants to be told, for the form in which a step is written."""

    name: str
    label: Label
    kind: Literal["text", "number", "list"] = "text"
    default: str = ""


class Action(msgspec.Struct, frozen=True):
    """An automatic action of a playbook's step. Done at least once; `run` has to bear being called again.

    `describe` says beforehand what it will do, what `run` gives says what it did. What the public would see stops for
    a person: it is never automatic.
    """

    run: Callable[[str, Run, RunStep], Awaitable[str | Label]]
    describe: Callable[[Incident, Mapping[str, Any]], Label]
    public: bool = False
    title: Label = Label(de="", en="")  # its name for people
    arguments: tuple[Argument, ...] = ()
