"""Working together on one incident, from somebody's seat: what they may see and do of messages, decisions, requests,
tasks, handovers and files. Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Literal

import msgspec

from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.operations import assignments, journal, life, moving
from rhinecloud.operations.declare import Assignment, Incident, Section
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Work

from . import asking, decisions, handovers, messages, sections, tasks
from .declare import Decision, Draft, File, Handover, Message, OpenPoints, Request, RequestState, Task
from .files import Files
from .presence import Presence
from .words import files as files_of
from .words import remember, repeated, words

Given = Iterable[tuple[str, IO[bytes]]]
"""Files: (name, content)."""


class RoomDesk:
    """Made of a seat.

    Every method raises Unauthorized or Forbidden where they may not, ResourceNotFound where there is nothing that they
    may see, and what the function of the same name says. `key` names what is asked for: the same asked again with the
    same key is done once.
    """

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.by = seat.by
        self._shelf = seat.shelf
        self._files = Files(seat.shelf)

    def be_here(self, presence: Presence, incident_id: str, where: str = "") -> None:
        """They look at the incident; others are told when that is new."""
        incident = self.seat.incident(incident_id)
        name = self.by.name or self.by.who
        if presence.here(self.seat.tenant, incident.id, self.by.who, name, self.by.agency, where):
            with self._shelf.work(self.by) as work:
                work.tell("presence.here", self.by.who, incident.id)

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def take_message(self, incident_id: str, draft: Draft, given: Given = (), *, key: str = "") -> Message:
        with self._files.arriving(given) as arrived, self._working(incident_id, draft.readers) as (work, incident):
            made = repeated(work, key) or messages.take(work, incident.id, draft, arrived.place(), key)
            return messages.get(work, made, None)

    def messages(
        self,
        incident_id: str,
        *,
        box: Literal["new", "all"] = "all",
        function: str = "",
        before: int = 2**53,
        limit: int = 50,
    ) -> list[Message]:
        incident, sees = self._seen(incident_id)
        asked = {"box": box, "function": function, "before": before, "limit": limit}
        return messages.listed(self._shelf, incident.id, sees, **asked)  # type: ignore[arg-type]

    def message(self, message_id: int) -> Message:
        sees = self.seat.sees()
        self.seat.incident(self._incident_of(message_id))
        return messages.get(self._shelf, message_id, sees)

    def waiting(self, incident_id: str) -> dict[str, int]:
        """Messages that nobody has distributed yet, by priority."""
        incident, sees = self._seen(incident_id)
        return messages.counts(self._shelf, incident.id, sees)

    def officer(self, incident_id: str) -> tuple[str, str] | None:
        """(person, name) of the message officer."""
        return messages.officer(self._shelf, self.seat.incident(incident_id).id)

    def distribute(self, message_id: int, functions: Mapping[str, bool], remark: str = "") -> Message:
        with self._on_message(message_id) as work:
            messages.distribute(work, message_id, functions, remark)
            return messages.get(work, message_id, None)

    def see(self, message_id: int, function: str) -> Message:
        with self._on_message(message_id) as work:
            messages.see(work, message_id, function)
            return messages.get(work, message_id, None)

    # ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────

    def decide(
        self,
        incident_id: str,
        text: str,
        reasons: str,
        *,
        function: str = "",
        readers: Sequence[str] = (),
        replaces: int = 0,
        key: str = "",
    ) -> int:
        with self._working(incident_id, readers) as (work, incident):
            if replaces:
                self._demand_seen(work, incident.id, "decision", replaces)
            return decisions.decide(
                work, incident.id, text, reasons, function=function, readers=readers, replaces=replaces, key=key
            )

    def pin(self, incident_id: str, number: int, pinned: bool) -> None:
        with self._working(incident_id) as (work, incident):
            self._demand_seen(work, incident.id, "decision", number)
            decisions.pin(work, incident.id, number, pinned)

    def decisions(self, incident_id: str, *, pinned: bool = False) -> list[Decision]:
        incident, sees = self._seen(incident_id)
        return decisions.listed(self._shelf, incident.id, sees, pinned=pinned)

    # ── requests between agencies ────────────────────────────────────────────────────────────────────────────────────

    def request(
        self,
        incident_id: str,
        asked: str,
        text: str,
        *,
        asking_agency: str | None = None,
        due_us: int | None = None,
        private: bool = False,
        key: str = "",
    ) -> int:
        """Asks another agency; `asking_agency`: for whom, where they act for several."""
        with self._working(incident_id) as (work, incident):
            mine = self.seat.agencies("incidents.manage")
            agency = self.by.agency if asking_agency is None else asking_agency
            if mine is not None and agency not in mine:
                raise BadRequestData("Say for which of your agencies you ask")
            return asking.ask(work, incident.id, agency, asked, text, due_us=due_us, private=private, key=key)

    def answer_request(
        self, incident_id: str, number: int, state: RequestState, text: str = "", *, version: int
    ) -> None:
        with self._working(incident_id) as (work, incident):
            mine = self.seat.agencies("incidents.manage")
            asking.step(work, incident.id, number, state, text, version=version, mine=mine)

    def requests(self, incident_id: str, *, only_open: bool = False) -> list[Request]:
        incident, sees = self._seen(incident_id)
        return asking.listed(self._shelf, incident.id, sees, only_open=only_open)

    # ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_task(
        self,
        incident_id: str,
        text: str,
        owner: str,
        *,
        due_us: int | None = None,
        readers: Sequence[str] = (),
        key: str = "",
    ) -> int:
        with self._working(incident_id, readers) as (work, incident):
            return tasks.add(work, incident.id, text, owner, due_us=due_us, readers=readers, key=key)

    def give_task(self, incident_id: str, number: int, owner: str, due_us: int | None, *, version: int) -> None:
        with self._working(incident_id) as (work, incident):
            self._demand_seen(work, incident.id, "task", number)
            tasks.give(work, incident.id, number, owner, due_us, version=version)

    def end_task(
        self, incident_id: str, number: int, state: Literal["done", "dropped"], note: str = "", *, version: int
    ) -> None:
        with self._working(incident_id) as (work, incident):
            self._demand_seen(work, incident.id, "task", number)
            tasks.end(work, incident.id, number, state, note, version=version)

    def tasks(self, incident_id: str, *, only_open: bool = False) -> list[Task]:
        incident, sees = self._seen(incident_id)
        return tasks.listed(self._shelf, incident.id, sees, only_open=only_open)

    # ── the incident itself ──────────────────────────────────────────────────────────────────────────────────────────

    def possible(self, incident_id: str) -> tuple[life.Step, ...]:
        """Steps that a person may take from where the incident is."""
        return life.possible(self.seat.incident(incident_id).state)

    def changers(self, incident_id: str) -> dict[str, str]:
        """Field → who changed it last."""
        incident = self.seat.incident(incident_id)
        rows = self._shelf.rows(
            "SELECT name, who, fields FROM incident_change WHERE incident = ? ORDER BY version", incident.id
        )
        return {field: name or who for name, who, body in rows for field in msgspec.json.decode(body)}

    # ── sections, parts ──────────────────────────────────────────────────────────────────────────────────────────────

    def save_sections(self, incident_id: str, given: Sequence[Section], version: int) -> Incident:
        with self._working(incident_id) as (work, incident):
            return sections.save(work, incident.id, given, version)

    def into_section(self, incident_id: str, assignment_id: int, section: str) -> Assignment:
        with self._working(incident_id) as (work, incident):
            if assignments.get(work, assignment_id).incident != incident.id:
                raise ResourceNotFound(f"Assignment {assignment_id} does not exist")
            return sections.move(work, assignment_id, section)

    def children(self, incident_id: str) -> list[Incident]:
        """Incidents that lie under this one, as far as they may see them."""
        incident, sees = self._seen(incident_id)
        with self._shelf.reading() as asked:
            found = moving.children(asked, incident.id)
        return [c for c in found if sees is None or sees & set(c.agencies)]

    # ── handovers ────────────────────────────────────────────────────────────────────────────────────────────────────

    def open_points(self, incident_id: str) -> OpenPoints:
        return handovers.open_points(self._shelf, self.seat.incident(incident_id).id)

    def hand_over(self, incident_id: str, text: str, function: str = "", *, key: str = "") -> int:
        with self._working(incident_id) as (work, incident):
            return handovers.give(work, incident.id, text, function, key)

    def take_over(self, incident_id: str, number: int, remark: str = "") -> None:
        with self._working(incident_id) as (work, incident):
            handovers.take(work, incident.id, number, remark)

    def withdraw_handover(self, incident_id: str, number: int) -> None:
        with self._working(incident_id) as (work, incident):
            handovers.withdraw(work, incident.id, number)

    def handovers(self, incident_id: str) -> list[Handover]:
        incident, sees = self._seen(incident_id)
        return handovers.listed(self._shelf, incident.id, sees)

    # ── the log, with files ──────────────────────────────────────────────────────────────────────────────────────────

    def write_log(
        self,
        incident_id: str,
        kind: str,
        text: str,
        given: Given = (),
        *,
        happened_us: int | None = None,
        function: str = "",
        readers: Sequence[str] = (),
        key: str = "",
    ) -> int:
        """An entry by hand with files beside it; see `journal.write`."""
        with self._files.arriving(given) as arrived, self._working(incident_id, readers) as (work, incident):
            if known := repeated(work, key):
                return known
            made = journal.write(
                work,
                incident.id,
                kind,
                text,
                happened_us=happened_us,
                function=function,
                readers=readers,
                files=[msgspec.to_builtins(f) for f in arrived.place()],
            )
            remember(work, key, made)
            return made

    def file(self, incident_id: str, seq: int, sha256: str) -> tuple[File, IO[bytes]]:
        """A file of an entry that they may read, and its content."""
        incident, sees = self._seen(incident_id)
        entry = journal.some(self._shelf, incident.id, [seq], sees).get(seq)
        found = next((f for f in files_of(words(entry)) if f.sha256 == sha256), None) if entry else None
        if found is None:
            raise ResourceNotFound(f"Entry {seq} has no such file")
        return found, self._files.open(sha256)

    def sweep(self) -> None:
        """Takes files from the folder that an erasure has let go."""
        self._files.sweep()

    # ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _seen(self, incident_id: str) -> tuple[Incident, frozenset[str] | None]:
        return self.seat.incident(incident_id), self.seat.sees()

    @contextmanager
    def _working(self, incident_id: str, readers: Sequence[str] = ()) -> Iterator[tuple[Work, Incident]]:
        with self.seat.changing(incident_id) as (work, incident):
            if strangers := set(readers) - set(incident.agencies):
                raise BadRequestData(f"{sorted(strangers)[0]} does not take part in incident {incident.number}")
            yield work, incident

    @contextmanager
    def _on_message(self, message_id: int) -> Iterator[Work]:
        """A transaction on a message that they may read."""
        sees = self.seat.sees()
        with self._shelf.work(self.by) as work:
            self.seat.opened(work, messages.incident_of(work, message_id), "incidents.manage")
            messages.get(work, message_id, sees)
            yield work

    def _incident_of(self, message_id: int) -> str:
        return messages.incident_of(self._shelf, message_id)

    def _demand_seen(self, work: Work, incident: str, table: str, number: int) -> None:
        """Raises: ResourceNotFound: what has this number is not there, or not for them."""
        row = work.row(f"SELECT seq FROM {table} WHERE incident = ? AND number = ?", incident, number)  # noqa: S608 - ours
        if row is None or row[0] not in journal.some(work, incident, [row[0]], self.seat.sees()):
            raise ResourceNotFound(f"There is no {table} {number}")
