"""What is handed over arrives: over HTTP and by mail, tried again where it has to be, climbing where nobody answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.base.settings import Settings
from rhinecloud.operations import Pick, Place, Report
from rhinecloud.operations.declare import By
from rhinecloud.operations.following import Following
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.telling import Attachment, Mark, Message, Tell, Telling, Text, Way, attempts, outbox, ways
from rhinecloud.operations.telling.mail import Mail
from rhinecloud.operations.telling.marking import mark
from rhinecloud.operations.telling.ways import Known
from rhinecloud.operations.telling.webhook import Webhooks
from tests.conftest import HeldClock
from tests.operations.centre import RUHRORT, desk, person, shelf, unit

from .receivers import Hooks, Mails

WORDS = {"de": Text("Lage 3", "Der Pegel steigt."), "en": Text("Report 3", "The level is rising.")}


class Office:
    """A tenant's file with telling beside it; `settle` does what a running city does by itself."""

    def __init__(self, folder: Path, clock: HeldClock, settings: Settings, people: dict[str, tuple[str, str]]) -> None:
        self.clock = clock
        self.shelf = shelf(folder, clock)
        self._settings, self._people = settings, people
        self.renew()

    def renew(self) -> None:
        """Another process, over the same file."""
        self.telling = Telling(
            {"webhook": Webhooks(allow_private=True, clock=self.clock), "email": Mail(self._settings, "https://city")},
            Known(lambda _tenant, _entity: "", lambda who: self._people.get(who, ("", ""))),
            clock=self.clock,
        )
        self._following = Following([self.telling], lambda _tenant, after, limit: news(self.shelf, after, limit))

    def tell(self, given: Tell, by: By = SYSTEM) -> Message:
        with self.shelf.work(by) as work:
            return outbox.tell(work, given)

    def way(self, **members: Any) -> tuple[Way, str]:
        with self.shelf.work(SYSTEM) as work:
            return ways.save(work, Way(**members))

    def mark(self, delivery: str, what: Mark, **members: Any) -> None:
        with self.shelf.work(SYSTEM) as work:
            mark(work, delivery, what, **members)

    async def settle(self) -> None:
        for _ in range(5):
            await self._following.go_on("city", self.shelf)
            await self.telling.settled()

    def states(self, told: int) -> list[str]:
        return [d.state for d in outbox.deliveries(self.shelf, told)]

    def told(self) -> list[str]:
        return [n.what for n in news(self.shelf, 0, 1000)]


def news(at: Shelf, after: int, limit: int) -> list[Any]:
    from rhinecloud.operations import News

    rows = at.rows(
        "SELECT number, what, incident, body FROM news WHERE number > ? ORDER BY number LIMIT ?", after, limit
    )
    return [News(number=n, what=w, incident=i, **msgspec.json.decode(b)) for n, w, i, b in rows]


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with Hooks() as made:
        yield made


@pytest.fixture
def mails() -> Iterator[Mails]:
    with Mails() as made:
        yield made


@pytest.fixture
async def office(tmp_path: Path, held_clock: HeldClock, mails: Mails) -> Any:
    settings = Settings(
        data=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=mails.port,
        smtp_tls="none",
        mail_from="Stadt <city@example.org>",
    )
    made = Office(tmp_path, held_clock, settings, {"p_anna": ("anna@example.org", "en")})
    yield made
    await made.telling.stop()
    made.shelf.close()


async def test_a_webhook_arrives_signed_once_and_is_known_to_be_received(office: Office, hooks: Hooks) -> None:
    way, secret = office.way(recipient="agency:fire", channel="webhook", address=hooks.url, agency="fire")
    given = Tell(key="report:1", about="report", to=("agency:fire",), text=WORDS, data={"level": 9.4})
    made = office.tell(given)
    assert office.tell(given).id == made.id, "handed over again it is the same"
    await office.settle()
    (headers, document, body), *more = hooks.got
    assert not more and office.states(made.id) == ["received"]
    delivery = outbox.deliveries(office.shelf, made.id)[0]
    assert headers["webhook-id"] == delivery.id == document["id"] and headers["rhine-attempt"] == "1"
    assert document["text"]["subject"] == "Lage 3" and document["data"] == {"level": 9.4}
    signed = f"{delivery.id}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert way.version == 1 and "telling.received" in office.told()


async def test_mail_arrives_in_the_language_of_the_person_with_its_file(office: Office, mails: Mails) -> None:
    given = Tell(
        key="report:1",
        about="report",
        to=("person:p_anna", "mailto:lage@example.org"),
        text=WORDS,
        attachments=(Attachment(name="lage.pdf", media_type="application/pdf", data=b"%PDF-1.7"),),
        path="/incidents/x",
    )
    made = office.tell(given)
    await office.settle()
    got = dict(mails.got)
    assert got["anna@example.org"]["Subject"] == "Report 3" and got["lage@example.org"]["Subject"] == "Lage 3"
    text, file = got["lage@example.org"].iter_parts()
    assert "https://city/incidents/x" in text.get_content()
    assert file.get_filename() == "lage.pdf" and file.get_content() == b"%PDF-1.7"
    assert office.states(made.id) == ["sent", "sent"], "that a server took it says no more"


async def test_what_fails_is_tried_again_with_the_same_id_and_one_that_is_refused_is_not(
    office: Office, hooks: Hooks, mails: Mails
) -> None:
    office.way(recipient="agency:fire", channel="webhook", address=hooks.url)
    hooks.answers += [503, 204, 410]
    first = office.tell(Tell(key="a", about="report", to=("agency:fire",), text=WORDS))
    await office.settle()
    assert office.states(first.id) == ["waiting"]
    office.clock.tick(5)
    await office.settle()
    assert office.states(first.id) == ["received"]
    assert hooks.got[0][0]["webhook-id"] == hooks.got[1][0]["webhook-id"]
    assert hooks.got[0][2] == hooks.got[1][2], "the very bytes are the same"
    tries = outbox.attempts(office.shelf, outbox.deliveries(office.shelf, first.id)[0].id)
    assert [(a.number, a.outcome) for a in tries] == [(1, "failed"), (2, "ok")]
    second = office.tell(Tell(key="b", about="report", to=("agency:fire",), text=WORDS))
    mails.refused.add("nobody@example.org")
    third = office.tell(Tell(key="c", about="report", to=("mailto:nobody@example.org",), text=WORDS))
    await office.settle()
    assert office.states(second.id) == office.states(third.id) == ["failed"]
    assert "no such mailbox" in outbox.deliveries(office.shelf, third.id)[0].reason
    assert office.told().count("telling.failed") == 2
    with office.shelf.work(SYSTEM) as work:
        outbox.again(work, outbox.deliveries(work, second.id)[0].id)
    await office.settle()
    assert office.states(second.id) == ["received"]
    with office.shelf.work(SYSTEM) as work, pytest.raises(Conflict):
        outbox.again(work, outbox.deliveries(work, second.id)[0].id)


async def test_one_endpoint_that_hangs_delays_nobody_else(office: Office, hooks: Hooks, mails: Mails) -> None:
    hooks.hangs.clear()
    office.way(recipient="agency:slow", channel="webhook", address=hooks.url)
    slow = office.tell(Tell(key="a", about="report", to=("agency:slow",), text=WORDS))
    quick = office.tell(Tell(key="b", about="report", to=("mailto:lage@example.org",), text=WORDS))
    await office._following.go_on("city", office.shelf)
    await office._following.go_on("city", office.shelf)
    await office.telling._busy["city", "email"]
    assert office.states(quick.id) == ["sent"] and office.states(slow.id) == ["waiting"]
    hooks.hangs.set()
    await office.settle()
    assert office.states(slow.id) == ["received"]


async def test_an_attempt_that_a_kill_cut_off_is_made_again_and_counted_as_a_doubt(
    office: Office, hooks: Hooks
) -> None:
    office.way(recipient="agency:fire", channel="webhook", address=hooks.url)
    made = office.tell(Tell(key="a", about="report", to=("agency:fire",), text=WORDS))
    office.telling._take_up("city", office.shelf)
    due = attempts.due(office.shelf, office.clock(), ())
    with office.shelf.work(SYSTEM) as work:
        (parcel,) = attempts.begin(work, next(iter(due.values())))
    await Webhooks(allow_private=True, clock=office.clock).send("city", [parcel])  # it arrives, and then we are killed
    office.renew()
    await office.settle()
    (found,) = outbox.deliveries(office.shelf, made.id)
    assert (found.state, found.doubts, found.attempts) == ("received", 1, 2)
    assert len(hooks.got) == 2 and len({headers["webhook-id"] for headers, *_ in hooks.got}) == 1
    assert [a.outcome for a in outbox.attempts(office.shelf, found.id)] == ["unknown", "ok"]
    office.renew()
    await office.settle()
    assert len(hooks.got) == 2, "what is known to have arrived is not sent again"


async def test_what_came_of_one_could_not_be_noted_it_is_sent_again_with_the_same_id(
    office: Office, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.way(recipient="agency:fire", channel="webhook", address=hooks.url)
    made = office.tell(Tell(key="a", about="report", to=("agency:fire",), text=WORDS))

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(attempts, "end", full)
        await office.settle()
    assert len(hooks.got) == 1 and office.states(made.id) == ["waiting"]
    office.clock.tick(61)
    await office.settle()
    (found,) = outbox.deliveries(office.shelf, made.id)
    assert (found.state, found.doubts) == ("received", 1)
    assert len(hooks.got) == 2 and len({headers["webhook-id"] for headers, *_ in hooks.got}) == 1


async def test_a_drill_never_leaves_on_a_real_channel(office: Office, hooks: Hooks, mails: Mails) -> None:
    at = desk(office.shelf, person("anna", "fire"))
    drill, _ = at.report(Report(type="flood", title="Deich", exercise=True))
    office.way(recipient="agency:fire", channel="webhook", address=hooks.url)
    office.way(recipient="agency:fire", channel="email", address="uebung@example.org", exercise=True, language="en")
    made = office.tell(
        Tell(key="a", about="report", to=("agency:fire", "mailto:lage@example.org"), text=WORDS, incident=drill.id)
    )
    real = office.tell(Tell(key="b", about="report", to=("agency:fire",), text=WORDS, channels=("email",)))
    await office.settle()
    assert made.exercise and hooks.got == []
    assert [(to, mail["Subject"]) for to, mail in mails.got] == [("uebung@example.org", "EXERCISE – Report 3")]
    assert sorted(office.states(made.id)) == ["sent", "stopped", "stopped"]
    assert office.states(real.id) == [], "a way for exercises is for nothing else"
    assert "telling.unreachable" in office.told()


async def test_silence_climbs_until_somebody_gives_the_mark(office: Office, mails: Mails) -> None:
    made = office.tell(
        Tell(
            key="a",
            about="request",
            to=("mailto:first@example.org",),
            text=WORDS,
            wanted="read",
            within_s=60,
            then=(("mailto:second@example.org",), ("mailto:third@example.org",)),
        )
    )
    await office.settle()
    office.clock.tick(61)
    await office.settle()
    assert [to for to, _ in mails.got] == ["first@example.org", "second@example.org"]
    second = outbox.deliveries(office.shelf, made.id)[1]
    office.mark(second.id, "read")
    office.clock.tick(600)
    await office.settle()
    assert len(mails.got) == 2 and office.told().count("telling.silent") == 1
    assert "/answer/" in mails.got[0][1].get_content()


async def test_a_way_held_back_is_used_only_where_nothing_was_heard(office: Office, hooks: Hooks, mails: Mails) -> None:
    office.way(recipient="agency:fire", channel="webhook", address=hooks.url)
    office.way(recipient="agency:fire", channel="email", address="fire@example.org", after_s=120)
    heard = office.tell(Tell(key="a", about="report", to=("agency:fire",), text=WORDS))
    await office.settle()
    office.clock.tick(121)
    await office.settle()
    assert office.states(heard.id) == ["received", "stopped"] and mails.got == []
    hooks.answers += [500] * 20
    office.tell(Tell(key="b", about="report", to=("agency:fire",), text=WORDS))
    await office.settle()
    office.clock.tick(121)
    await office.settle()
    assert [to for to, _ in mails.got] == ["fire@example.org"]


async def test_systems_of_agencies_hear_the_news_that_their_agency_may_know(office: Office, hooks: Hooks) -> None:
    office.way(recipient="agency:fire", agency="fire", channel="webhook", address=hooks.url, about=("news:incident.*",))
    office.way(
        recipient="agency:police", agency="police", channel="webhook", address=hooks.url + "2", about=("news:*",)
    )
    made, _ = desk(office.shelf, person("fred", "fire")).report(Report(type="fire", title="Brand"))
    await office.settle()
    told = [(document["to"], document["data"]["what"]) for _, document, _ in hooks.got]
    assert told == [("agency:fire", "incident.reported")]
    assert hooks.got[0][1]["incident"] == made.id and hooks.got[0][1]["data"]["number"] > 0
    assert not [n for n in office.told() if n.startswith("telling.")], "news of news would go round"


async def test_an_order_reaches_its_unit_and_its_answer_the_assignment(office: Office) -> None:
    at = desk(office.shelf)
    at.save_unit(unit("hlf-1"))
    at.report_status("hlf-1", "2")
    place = Place(location=RUHRORT, address="Hafenstr. 1")
    made, _ = at.report(Report(type="fire", title="Küche", place=place))
    at.assign(made.id, [Pick("hlf-1")])
    await office.settle()
    (message,) = outbox.of_incident(office.shelf, made.id)
    (found,) = outbox.deliveries(office.shelf, message.id)
    assert (found.channel, found.state) == ("web", "waiting")
    assert message.given.text["de"].subject == "Brand, Hafenstr. 1" and message.given.priority == "flash"
    for what in ("sent", "received", "read"):
        office.mark(found.id, what)
    assert at.assignments(made.id)[0].state == "read"
    with pytest.raises(BadRequestData):
        office.mark(found.id, "declined")
    office.mark(found.id, "accepted")
    assert at.assignments(made.id)[0].state == "accepted"
    office.mark(found.id, "accepted")
    at.withdraw(at.assignments(made.id)[0].id, "Fehlalarm")
    await office.settle()
    assert [m.given.about for m in outbox.of_incident(office.shelf, made.id)] == ["order", "recall"]
    with pytest.raises(Conflict):
        office.mark(found.id, "declined", reason="zu spät")


@pytest.mark.parametrize(
    "bad",
    [
        {"to": ()},
        {"to": ("fire",)},
        {"key": " "},
        {"text": {}, "data": {}},
        {"text": {"de": Text("a\nBcc: x@example.org")}},
        {"channels": ("pigeon",)},
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(office: Office, bad: dict[str, Any]) -> None:
    given = {"key": "a", "about": "report", "to": ("agency:fire",), "text": WORDS} | bad
    with pytest.raises(BadRequestData):
        office.tell(Tell(**given))


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "a@b, c@d"),
        ("email", "x"),
        ("webhook", "ftp://x"),
        ("webhook", "javascript:1"),
        ("web", "x"),
        ("mqtt", "#"),
    ],
)
def test_a_way_that_cannot_be_is_refused(office: Office, channel: Any, address: str) -> None:
    with pytest.raises(BadRequestData):
        office.way(recipient="agency:fire", channel=channel, address=address)


async def test_news_of_drills_go_to_systems_for_drills_alone_and_old_news_are_forgotten(
    office: Office, hooks: Hooks
) -> None:
    office.way(recipient="agency:fire", channel="webhook", address=hooks.url, about=("news:incident.*",))
    office.way(recipient="list:drill", channel="webhook", address=hooks.url, about=("news:*",), exercise=True)
    at = desk(office.shelf, person("fred", "fire"))
    at.report(Report(type="fire", title="Übung", exercise=True))
    real, _ = at.report(Report(type="fire", title="Brand"))
    await office.settle()
    told = {document["to"]: document["incident"] for _, document, _ in hooks.got}
    assert told["agency:fire"] == real.id and told["list:drill"] != real.id
    assert all(document["exercise"] == (document["to"] == "list:drill") for _, document, _ in hooks.got)
    kept = office.tell(Tell(key="a", about="report", to=("agency:fire",), text=WORDS, channels=("email",)))
    office.clock.tick(31 * 86_400)
    await office.settle()
    assert office.shelf.rows("SELECT DISTINCT about FROM told") == [("report",)]
    assert office.shelf.rows(
        "SELECT count(*) FROM delivery_attempt WHERE delivery NOT IN (SELECT id FROM delivery)"
    ) == [(0,)]
    assert outbox.get(office.shelf, kept.id).given.about == "report"
