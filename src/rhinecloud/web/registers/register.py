"""What a register is: one kind of declared thing as a table, a form and a CSV file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from rhinecloud.web.language import words

from .fields import Field, Typed, Wrong


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the list; `label` is English."""

    key: str
    label: str
    number: bool = False


class Cell(msgspec.Struct, kw_only=True):
    """What stands in a cell: a text, and what it sorts by where that is another."""

    text: str = ""
    sub: str = ""
    sort: Any = None
    state: int = 0  # 2: worth a look, 3: wrong
    icon: str = ""
    tags: tuple[str, ...] = ()

    @property
    def order(self) -> Any:
        return (self.sort is None, self.sort) if self.sort is not None else (True, self.text.casefold())


class Seen(msgspec.Struct, kw_only=True):
    """All that is declared, read once for a page."""

    desk: Any  # planning.DeclaringDesk
    language: str
    known: dict[type[Any], dict[str, Any]] = msgspec.field(default_factory=dict)

    def every(self, kind: type[Any]) -> dict[str, Any]:
        if kind not in self.known:
            self.known[kind] = self.desk.every(kind)
        return self.known[kind]

    def titles(self, kind: type[Any]) -> dict[str, str]:
        """Names by id, in the language of the visit."""
        return {i: title_of(t, self.language) for i, t in self.every(kind).items()}

    def say(self, text: str) -> str:
        return words(self.language)(text)


class Register(ABC):
    """Made once; knows nothing of a visit but what it is given."""

    key: ClassVar[str]
    kind: ClassVar[type[Any]]
    icon: ClassVar[str]
    title: ClassVar[str]  # English, as all of these
    one: ClassVar[str]  # "New alarm plan"
    lead: ClassVar[str]
    nothing: ClassVar[str]  # what to do when there is none
    columns: ClassVar[tuple[Column, ...]]
    fields: ClassVar[tuple[Field, ...]]
    maps: ClassVar[str] = ""  # "point" or "border": the form has a map
    group: ClassVar[int] = 1

    @property
    def path(self) -> str:
        return f"/command/settings/{self.key}"

    @abstractmethod
    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        """A row of the list."""

    @abstractmethod
    def typed(self, thing: Any) -> Typed:
        """The thing as a form has it."""

    @abstractmethod
    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        """What a form says, with version and all that it does not show taken from `before`; or None and complaints."""

    def empty(self, seen: Seen) -> Typed:
        """What a new form begins with."""
        return {}

    def options(self, seen: Seen) -> Mapping[str, Mapping[str, str]]:
        """Choices of fields, by the name that the field gives."""
        return {}

    def suggestions(self, seen: Seen) -> Mapping[str, Sequence[str]]:
        return {}

    def shown(self, things: Mapping[str, Any], seen: Seen) -> list[Any]:
        """Those that the list has; all, unless a register hides some."""
        return list(things.values())

    def ours(self, thing: Any, seen: Seen) -> bool:
        """Whether the tenant declared it: a default may be changed and not taken away."""
        return bool(seen.desk.versions(self.kind, thing.id))


def title_of(thing: Any, language: str) -> str:
    title = getattr(thing, "title", None) or getattr(thing, "name", "") or thing.id
    return title if isinstance(title, str) else str(title[language])
