"""Messages and ways as people of the command centre see them: what went out, what did not, and how somebody is reached.

Need-to-know as everywhere: a message concerns the agencies of its incident, or those that it was given.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Forbidden, ResourceNotFound
from rhinecloud.operations import journal, things, units
from rhinecloud.operations.declare import Agency, By
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import FILE, Shelf, Work

from . import marking, outbox, ways
from .declare import NEWS, Attempt, Delivery, Mark, Message, Tell, Text, Way

DAY_US: Final = 86_400 * SECOND


class AskedDeliveries(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of deliveries is filtered by. Newest first; `before` is the number of the last one of a page."""

    text: str = ""  # in recipient, what they are called, or address
    states: tuple[str, ...] = ()
    channel: str = ""  # "": all; pages of units that answered on another way are then left out
    about: str = ""  # "": all but news
    incident: str = ""
    before: int = 0
    limit: int = 50


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in a list."""

    num: int
    delivery: Delivery
    message: Message


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A way that does not work now."""

    name: str
    failures: int
    until_us: int
    waiting: int


class TellingDesk:
    """Made of a seat. Blocking, for the length of one commit."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._shelf = seat.shelf

    # ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────────

    def search(self, asked: AskedDeliveries) -> list[Line]:
        """A page of deliveries."""
        sees = self.seat.sees()
        like = "%" + asked.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        called = self._called(asked.text) if asked.text else []
        conditions: list[tuple[object, str, Sequence[object]]] = [
            (
                asked.text,
                "(d.recipient LIKE ? ESCAPE '\\' OR d.address LIKE ? ESCAPE '\\'"
                f" OR d.recipient IN ({', '.join('?' for _ in called)}))",
                (like, like, *called),
            ),
            (asked.states, f"d.state IN ({', '.join('?' for _ in asked.states)})", asked.states),
            (asked.channel, "d.channel = ?", (asked.channel,)),
            # The unary + keeps the newest deliveries leading: a page is full long before a whole kind would be sorted.
            (True, "+t.about = ?" if asked.about else "+t.about <> ?", (asked.about or NEWS,)),
            (
                asked.incident,
                "d.told IN (SELECT id FROM told WHERE incident = ? AND incident <> '')",
                (asked.incident,),
            ),
            (not asked.states and not asked.channel, "NOT (d.channel = 'web' AND d.state = 'stopped')", ()),
            (asked.before, "d.num < ?", (asked.before,)),
            _known(sees),
        ]
        chosen = [(condition, values) for given, condition, values in conditions if given]
        columns = ", ".join(f"d.{name}" for name in Delivery.__struct_fields__)
        sql = (
            f"SELECT d.num, {columns} FROM delivery d JOIN told t ON t.id = d.told"
            f" WHERE {' AND '.join(c for c, _ in chosen)} ORDER BY d.num DESC LIMIT ?"
        )
        rows = self._shelf.rows(sql, *(v for _, values in chosen for v in values), max(1, min(asked.limit, 500)))
        return [
            Line(
                num=row[0], delivery=(found := outbox.as_delivery(row[1:])), message=outbox.get(self._shelf, found.told)
            )
            for row in rows
        ]

    def delivery(self, delivery_id: str) -> tuple[Delivery, Message, list[Attempt]]:
        found, message = self._seen(self._shelf, delivery_id)
        return found, message, outbox.attempts(self._shelf, found.id)

    def siblings(self, message: Message) -> list[Delivery]:
        """All deliveries of a message that they may see."""
        return outbox.deliveries(self._shelf, message.id)

    def of_incident(self, incident_id: str) -> list[tuple[Message, list[Delivery]]]:
        """What was told of an incident, in order, with what became of it."""
        found = outbox.of_incident(self._shelf, self.seat.incident(incident_id).id)
        return [(message, outbox.deliveries(self._shelf, message.id)) for message in found]

    def counts(self) -> dict[str, int]:
        """Deliveries of the last day by state, news left out."""
        sees = self.seat.sees()
        needs, where, values = _known(sees)
        sql = (
            "SELECT d.state, count(*) FROM delivery d JOIN told t ON t.id = d.told"
            f" WHERE d.made_us > ? AND t.about <> ?{' AND ' + where if needs else ''} GROUP BY d.state"
        )
        since = self._now() - DAY_US
        return dict(self._shelf.rows(sql, since, NEWS, *(values if needs else ())))

    def held(self) -> list[Held]:
        """Ways that do not work now, with what waits on them."""
        self.seat.may("incidents.read")
        rows = self._shelf.rows(
            "SELECT name, failures, until_us, (SELECT count(*) FROM delivery WHERE line = name AND next_us IS NOT NULL)"
            " FROM line ORDER BY name"
        )
        return [Held(name=n, failures=f, until_us=u, waiting=w) for n, f, u, w in rows]

    def names(self, language: str) -> dict[str, str]:
        """How recipients are called: units that they see by call sign, agencies by title, lists by their name."""
        seen = {f"unit:{u.id}": u.name for u in units.every(self._shelf, self.seat.sees())}
        agencies = {f"agency:{a.id}": a.title[language] for a in things.every(self._shelf, Agency).values()}
        others = {w.recipient: w.recipient.partition(":")[2] for w in ways.every(self._shelf) if w.active}
        return others | agencies | seen

    def _called(self, text: str) -> list[str]:
        """Recipients that are called so, in either language."""
        named = [*self.names("de").items(), *self.names("en").items()]
        return sorted({r for r, name in named if text.casefold() in name.casefold()})[:500]

    def send(self, given: Tell) -> Message:
        """A message that somebody writes; recipients are named as `names` has them, or by what they are called.

        Raises:
            BadRequestData: no such recipient, or it cannot be told as it is. ResourceNotFound: no such incident.
        """
        self.seat.may("incidents.manage")
        called = {name.casefold(): r for language in ("de", "en") for r, name in self.names(language).items()}
        known, sees = set(called.values()), self.seat.sees()

        def resolved(wanted: Iterable[str]) -> tuple[str, ...]:
            found = [called.get(r.casefold(), r) for r in wanted]
            if unknown := [r for r in found if r not in known and not r.startswith("mailto:")]:
                raise BadRequestData(f"There is nobody named {unknown[0][:80]}")
            return tuple(dict.fromkeys(found))

        given = msgspec.structs.replace(
            given, to=resolved(given.to), then=tuple(resolved(stage) for stage in given.then)
        )
        if given.incident:
            given = msgspec.structs.replace(given, incident=self.seat.incident(given.incident).id)
        elif sees is not None:
            given = msgspec.structs.replace(given, agencies=tuple(sorted(sees)))
        with self._shelf.work(self.seat.by) as work:
            if given.incident:
                self.seat.opened(work, given.incident, "incidents.manage")
            made = outbox.tell(work, given)
            if given.incident and made.made_us == work.now:
                subject = next(iter(given.text.values()), Text("")).subject
                journal.note(work, given.incident, "told", to=list(given.to), subject=subject)
            return made

    def again(self, delivery_id: str) -> Delivery:
        """Sends one again that failed, with the same id."""
        self.seat.may("incidents.manage")
        with self._shelf.work(self.seat.by) as work:
            self._seen(work, delivery_id)
            made = outbox.again(work, delivery_id)
            work.run("DELETE FROM line WHERE name = (SELECT line FROM delivery WHERE id = ?)", delivery_id)
            return made

    def mark(self, delivery_id: str, what: Mark, reason: str = "") -> Delivery:
        """Somebody says on the telephone that it arrived."""
        self.seat.may("incidents.manage")
        with self._shelf.work(self.seat.by) as work:
            self._seen(work, delivery_id)
            return marking.mark(work, delivery_id, what, reason=reason)

    # ── ways ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def ways(self) -> list[Way]:
        """All that are declared; those of one's agencies, where one manages for these alone."""
        self.seat.may("operations.manage")
        mine = self.seat.agencies("operations.manage")
        return [w for w in ways.every(self._shelf) if mine is None or w.agency in mine]

    def save_way(self, way: Way) -> tuple[Way, str]:
        """As `ways.save`; the second is a new webhook's secret, shown this once."""
        with self.seat.managing() as work:
            mine = self.seat.agencies("operations.manage")
            if mine is not None and (way.agency not in mine or (way.id and ways.get(work, way.id).agency not in mine)):
                raise Forbidden("Ways are declared for one's own agency", action="operations.manage")
            return ways.save(work, way)

    def try_way(self, number: int) -> Message:
        """Sends a test on one way, so that somebody sees whether it works."""
        with self.seat.managing() as work:
            way = ways.get(work, number)
            mine = self.seat.agencies("operations.manage")
            if mine is not None and way.agency not in mine:
                raise ResourceNotFound(f"There is no way {number}")
            given = Tell(
                key=f"test:{number}:{work.now}",
                about="test",
                to=(f"way:{number}",),
                text={
                    "de": Text("Test", "Dies ist ein Test dieses Weges. Es ist nichts zu tun."),
                    "en": Text("Test", "This is a test of this way. There is nothing to do."),
                },
                data={"kind": "test"},
                exercise=way.exercise,
                agencies=(way.agency,) if way.agency else (),
            )
            return outbox.tell(work, given)

    def _seen(self, asked: Work | Shelf, delivery_id: str) -> tuple[Delivery, Message]:
        found = outbox.delivery(asked, delivery_id)
        message, sees = outbox.get(asked, found.told), self.seat.sees()
        if sees is not None and not sees & set(message.given.agencies):
            raise ResourceNotFound(f"Delivery {delivery_id[:40]} does not exist")
        return found, message

    def _now(self) -> int:
        with self._shelf.reading() as work:
            return work.now


class CodeDesk:
    """For who was told by mail and has no account: the message of an address that cannot be guessed, and the answer."""

    def __init__(self, seat: Seat) -> None:
        self._shelf = seat.shelf

    def of_code(self, code: str) -> Delivery | None:
        try:
            return outbox.of_code(self._shelf, code)
        except ResourceNotFound:
            return None

    def message(self, found: Delivery) -> Message:
        return outbox.get(self._shelf, found.told)

    def answer(self, found: Delivery, what: Mark, reason: str = "") -> Delivery:
        """Raises: Conflict: there is nothing to answer any more. BadRequestData: a decline has no reason."""
        with self._shelf.work(By(f"mail:{found.address}", found.address)) as work:
            if found.read_us is None:
                marking.mark(work, found.id, "read")
            return marking.mark(work, found.id, what, reason=reason)


def there(folder: Path) -> bool:
    """Whether a tenant's folder has a command centre."""
    return (folder / FILE).exists()


def _known(sees: frozenset[str] | None) -> tuple[object, str, Sequence[Any]]:
    agencies = sorted(sees or ())
    marks = ", ".join("?" for _ in agencies)
    return (
        sees is not None,
        f"EXISTS (SELECT 1 FROM told_reader r WHERE r.told = t.id AND r.agency IN ({marks}))",
        agencies,
    )
