"""The warning desk as one person sees it: everything is asked of their seat, and nothing is seen beyond it.

Who writes, who approves and who publishes are people: a token or a program may read and bring messages in, never warn.
Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base.clock import Clock
from rhinecloud.base.declare import Label
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, RhineError
from rhinecloud.operations import incidents
from rhinecloud.operations.declare import Incident, Place
from rhinecloud.operations.incidents import Report
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Work
from rhinecloud.operations.telling import Attachment, Tell, Text, tell

from . import chains, feeds, incoming, mowas, papers, reading, signing
from .areas import geojson, shape_of
from .building import Setting, address, build, following
from .cap import Message
from .declare import Chain, Draft, Handover, Kind, Profile, Template
from .feeds import CapFeed, FeedState
from .incoming import Received, Refused, Taken, Wanted
from .rules import Fault
from .shape import SEVERITY

READ: Final = "warnings.read"
COMPOSE: Final = "warnings.compose"
PUBLISH: Final = "warnings.publish"
RECEIVE: Final = "warnings.receive"
MANAGE: Final = "operations.manage"
GRAVE: Final = {"Extreme": "critical", "Severe": "major", "Moderate": "minor", "Minor": "info", "Unknown": "minor"}
"""CAP's severities and those of incidents."""


_PLAIN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Audit(Protocol):
    """Records an act durably; blocks for milliseconds."""

    def __call__(self, action: str, subject: str, **detail: Any) -> None: ...


class WarningDesk:
    """Made by `Warnings.desk`. Every method raises Unauthorized or Forbidden where they may not, ResourceNotFound
    where there is nothing that they may see, and what the function behind it says.
    """

    def __init__(
        self,
        seat: Seat,
        *,
        setting: Callable[[Profile], Setting],
        audit: Audit,
        changed: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.seat, self._clock = seat, clock
        self._shelf, self._setting, self._audit, self._changed = seat.shelf, setting, audit, changed

    # ── what is declared ─────────────────────────────────────────────────────────────────────────────────────────────

    def profile(self) -> Profile:
        self.seat.may(READ)
        return papers.profile(self._shelf, self.seat.tenant)

    def save_profile(self, given: Profile) -> Profile:
        with self.seat.managing() as work:
            made = papers.save_profile(work, given)
        self._audit("warnings.profile", "profile", version=made.version)
        self._changed()
        return made

    def certificate(self) -> str:
        """The certificate with which warnings are signed, as PEM; "" while none was needed."""
        self.seat.may(READ)
        file = self._shelf.folder / signing.CERTIFICATE
        return file.read_text("ascii") if file.exists() else ""

    def templates(self) -> list[Template]:
        self.seat.may(READ)
        return papers.templates(self._shelf)

    def save_template(self, given: Template) -> Template:
        with self.seat.managing() as work:
            return papers.save_template(work, given)

    def keep_as_template(self, name: str, title: str) -> Template:
        """Makes the newest words of a warning a template, or its next version; area and times stay behind."""
        chain = self.chain(name)
        shown = chain.open or chain.newest
        if shown is None or not title.strip():
            raise BadRequestData("A template needs a title and a text")
        made_id = "-".join(re.findall(r"[a-z0-9]+", title.lower().translate(_PLAIN)))[:60] or "template"
        known = next((t for t in self.templates() if t.id == made_id), None)
        draft = msgspec.structs.replace(
            shown.draft, kind="alert", template="", area=None, onset_us=None, expires_us=None, note=""
        )
        label = Label(de=title.strip()[:120], en=title.strip()[:120])
        lasts = known.lasts_s if known else 6 * 3600
        version = known.version if known else 0
        made = self.save_template(Template(id=made_id, title=label, draft=draft, lasts_s=lasts, version=version))
        self._audit("warnings.template", made.id, version=made.version)
        return made

    # ── our warnings ─────────────────────────────────────────────────────────────────────────────────────────────────

    def sees(self) -> frozenset[str] | None:
        """The agencies whose warnings they see; None: all."""
        self.seat.may(READ)
        return self.seat.agencies(READ)

    def chains(self, *, states: tuple[str, ...] = (), incident: str = "", limit: int = 200) -> list[Chain]:
        return chains.every(self._shelf, self.sees(), states=states, incident=incident, limit=limit)

    def chain(self, name: str) -> Chain:
        return chains.get(self._shelf, name, self.sees())

    def begin(self, template: str = "", *, incident: str = "", status: str = "Actual", area: Any = None) -> Chain:
        """A new warning out of a template, with the place and the kind of an incident."""
        self.seat.may(COMPOSE)
        if status == "Actual" and self._setting(self.profile()).drill:
            status = "Exercise"
        found = papers.template(self._shelf, template) if template else None
        draft = found.draft if found else Draft()
        with self.seat.shelf.work(self.seat.by) as work:
            given = area
            if incident:
                of = self.seat.opened(work, incident, "incidents.read")
                given = given or _area_of(of)
            lasts = round((found.lasts_s if found else 6 * 3600) * 1_000_000)
            end = -(-(work.now + lasts) // 3_600_000_000) * 3_600_000_000
            draft = msgspec.structs.replace(draft, template=template, expires_us=end, area=given)
            made = chains.begin(work, draft, incident=incident, status=status)
        self._audit("warning.begin", made.number, status=made.status)
        return made

    def save(self, name: str, version: int, draft: Draft) -> Chain:
        """Keeps a draft. Raises Conflict, with what somebody else made of it, where it is another by now."""
        _bounded(draft)
        with self._changing(name, COMPOSE) as (work, chain):
            return chains.save(work, chain, version, draft)

    def faults(self, chain: Chain, now_us: int, draft: Draft | None = None) -> list[Fault]:
        """All that is wrong with the open message, as it would go out now."""
        opened = chain.open
        if opened is None:
            return []
        setting = self._setting(self.profile())
        given = opened if draft is None else msgspec.structs.replace(opened, draft=draft)
        try:
            return chains.check(
                build(chain, given, setting, f"{setting.profile.sender}.draft", now_us), setting, now_us
            )
        except BadRequestData as error:
            return [Fault("error", "area", "area", error.detail)]

    def message(self, chain: Chain, now_us: int) -> Message | None:
        """The open message as the public would get it: of its bytes, once there are some."""
        opened = chain.open
        if opened is None:
            return None
        if opened.cap is not None:
            return reading.read(opened.cap)
        setting = self._setting(self.profile())
        try:
            return build(chain, opened, setting, f"{setting.profile.sender}.draft", now_us)
        except BadRequestData:
            return build(
                chain,
                msgspec.structs.replace(opened, draft=msgspec.structs.replace(opened.draft, area=None)),
                setting,
                f"{setting.profile.sender}.draft",
                now_us,
            )

    def submit(self, name: str, version: int) -> Chain:
        """Makes the draft bytes for a second person. Raises NotReady: what is missing."""
        self._person()
        with self._changing(name, COMPOSE) as (work, chain):
            made = chains.submit(work, chain, version, self._setting(papers.profile(work, self.seat.tenant)))
        self._audit("warning.submit", made.number, digest=made.open.digest if made.open else "")
        return made

    def take_back(self, name: str, version: int) -> Chain:
        """What was submitted is a draft again; an approval is void then."""
        with self._changing(name, COMPOSE) as (work, chain):
            draft = chain.open.draft if chain.open else Draft()
            return chains.save(work, chain, version, draft)

    def approve(self, name: str, seen: str, note: str = "") -> Chain:
        """Approves the very bytes whose SHA-256 is `seen`."""
        self._person()
        with self._looking(name, seen) as (work, chain):
            made = chains.look(work, chain, seen, approves=True, note=note)
        self._audit("warning.approve", made.number, digest=seen)
        return made

    def send_back(self, name: str, seen: str, reason: str) -> Chain:
        self._person()
        with self._looking(name, seen) as (work, chain):
            made = chains.look(work, chain, seen, approves=False, note=reason)
        self._audit("warning.send-back", made.number, digest=seen, reason=reason)
        return made

    def publish(self, name: str) -> Chain:
        """Makes public what was approved. Asked again it answers as before: a warning goes out once."""
        self._person()
        self.seat.may(PUBLISH)
        chain = self.chain(name)
        if chain.open is None and chain.published:
            return chain
        now = self._clock()
        ready = chains.publishable(chain, now)
        assert ready.cap is not None
        profile = self.profile()
        with_seal = signing.seal(self._shelf.folder, profile.sender_name, now)
        signed = signing.sign(ready.cap, with_seal)
        if wrong := reading.schema_fault(signed):
            raise BadRequestData(f"The schema of CAP 1.2 says: {wrong}")
        with self._changing(name, PUBLISH) as (work, current):
            if current.open is None and current.published:
                return current
            if current.status == "Actual" and self._setting(profile).drill:
                raise Conflict("Nothing real is published where drills are played")
            made = chains.publish(work, current, signed)
            self._tell(work, made, profile)
        self._changed()
        newest = made.newest
        self._audit("warning.publish", made.number, identifier=newest.identifier if newest else "", status=made.status)
        return made

    def _tell(self, work: Work, chain: Chain, profile: Profile) -> None:
        """Hands it to all ways that are declared; a drill only to those for drills, which are other recipients."""
        newest = chain.newest
        assert newest is not None
        assert newest.cap is not None
        message = reading.read(newest.cap)
        real = chain.status == "Actual"
        to = profile.recipients if real else profile.drill_recipients
        if not to:
            return
        root = self._setting(profile).root
        texts = {tag: info for tag in ("de", "en") if (info := message.info(tag)) is not None}
        tell(
            work,
            Tell(
                key=f"warning:{newest.identifier}",
                about="warning",
                to=to,
                text={tag: Text(_line(info.headline), mowas.phone(info)) for tag, info in texts.items()},
                data={
                    "identifier": message.identifier,
                    "number": chain.number,
                    "status": message.status,
                    "msgType": message.msg_type,
                    "severity": message.infos[0].severity,
                    "headline": message.infos[0].headline,
                    "expires": message.infos[0].expires,
                    "web": address(root, chain.number),
                    "cap": f"{address(root, chain.number)}/{newest.place}.xml",
                    "area": geojson(shape_of(message.areas()), most=200),
                },
                priority="flash" if message.infos[0].severity == "Extreme" else "immediate",
                subject=chain.id,
                incident=chain.incident,
                exercise=not real,
                attachments=(
                    Attachment(name=f"{chain.number}.xml", media_type="application/cap+xml", data=newest.signed or b""),
                ),
                path=f"/warnings/{chain.number}",
                agencies=(chain.agency,) if chain.agency and not chain.incident else (),
            ),
        )

    def follow(self, name: str, kind: Kind) -> Chain:
        """Begins an update, an all-clear or a retraction of what is in force."""
        if kind == "alert":
            raise BadRequestData("A further message is an update, an all-clear or a retraction")
        with self._changing(name, COMPOSE) as (work, chain):
            if chain.newest is None:
                raise BadRequestData(f"Warning {chain.number} is not published yet; change its draft")
            profile = papers.profile(work, self.seat.tenant)
            return chains.follow(work, chain, following(chain, kind, work.now, profile))

    def drop(self, name: str, version: int, reason: str = "") -> Chain:
        with self._changing(name, COMPOSE) as (work, chain):
            made = chains.drop(work, chain, version, reason)
        self._audit("warning.drop", made.number, reason=reason)
        return made

    def hand_over(self, name: str, given: Handover) -> Chain:
        """Records what was given on by hand, with its fields as they were."""
        with self._changing(name, COMPOSE) as (work, chain):
            if chain.status != "Actual":
                raise BadRequestData("A drill is not handed over to the state's system")
            newest = chain.newest
            values = mowas.fields(reading.read(newest.cap)) if newest is not None and newest.cap is not None else []
            kept = msgspec.structs.replace(given, fields={f.name: f.value for f in values})
            chains.hand_over(work, chain, kept)
            made = chains.get(work, chain.id)
        self._audit("warning.hand-over", made.number, system=given.system, receiver=given.receiver)
        return made

    def handovers(self, chain: Chain) -> list[Handover]:
        self.seat.may(READ)
        return chains.handovers(self._shelf, chain)

    # ── messages of others ───────────────────────────────────────────────────────────────────────────────────────────

    def received(self, wanted: Wanted | None = None) -> tuple[list[Received], int]:
        self.seat.may(READ)
        return incoming.search(self._shelf, wanted or Wanted(), self._clock())

    def one_received(self, number: int) -> tuple[Received, bytes]:
        self.seat.may(READ)
        return incoming.get(self._shelf, number), incoming.raw(self._shelf, number)

    def sources(self) -> list[str]:
        self.seat.may(READ)
        return incoming.sources(self._shelf)

    def take(self, name: str, data: bytes, source: str) -> list[Taken]:
        """Takes a document in, message by message; what cannot be is kept with the reason."""
        self.seat.may(RECEIVE)
        profile = papers.profile(self._shelf, self.seat.tenant)
        read = incoming.read(name, data, profile, self._setting(profile).box, self._clock())
        with self._shelf.work(self.seat.by) as work:
            made = incoming.take(work, read, source)
        refused = sum(t.outcome == "refused" for t in made)
        outcome = "refused" if refused == len(made) and made else "done"
        self._audit("cap.take", name[:200], outcome=outcome, source=source, messages=len(made), refused=refused)
        return made

    def seen(self, number: int) -> None:
        self.seat.may(COMPOSE)
        with self._shelf.work(self.seat.by) as work:
            incoming.get(work, number)
            incoming.seen(work, number)

    def open_incident(self, number: int, kind: str) -> Incident:
        """An incident out of a message of others; they know of each other."""
        self.seat.may("incidents.manage")
        with self._shelf.work(self.seat.by) as work:
            found = incoming.get(work, number)
            message = found.kept.message
            info = message.info("de")
            area = geojson(shape_of(message.areas()), most=500)
            grave = GRAVE[SEVERITY[found.severity]]
            given = Report(
                type=kind,
                title=found.headline[:200],
                text="\n\n".join(t for t in (info.description, info.instruction) if t)[:20_000] if info else "",
                place=Place(area=area, address="; ".join(a.desc for a in info.areas[:3])[:300] if info else ""),
                severity=grave,  # type: ignore[arg-type]  # one of the severities
                exercise=found.status == "Exercise",
                source=f"cap:{found.sender}/{found.identifier}"[:300],
            )
            made = incidents.report(work, given)
            work.run("INSERT INTO cap_incident VALUES (?, ?)", number, made.id)
            incoming.seen(work, number)
        return made

    def refused(self, *, closed: bool = False, limit: int = 50, offset: int = 0) -> tuple[list[Refused], int]:
        self.seat.may(READ)
        return incoming.refused(self._shelf, closed=closed, limit=limit, offset=offset)

    def one_refused(self, number: int) -> tuple[Refused, bytes]:
        self.seat.may(READ)
        return incoming.refused_one(self._shelf, number)

    def retry(self, number: int) -> list[Taken]:
        """Reads once more what was refused, as the city's profile and this program are now."""
        self.seat.may(RECEIVE)
        found, data = incoming.refused_one(self._shelf, number)
        profile = papers.profile(self._shelf, self.seat.tenant)
        read = incoming.read(found.name, data, profile, self._setting(profile).box, self._clock())
        with self._shelf.work(self.seat.by) as work:
            made = incoming.take(work, read, found.source)
            if made and all(t.outcome != "refused" for t in made) and found.closed_us is None:
                incoming.close(work, number, "read again and taken in")
        return made

    def close_refused(self, number: int, outcome: str) -> None:
        self.seat.may(RECEIVE)
        with self._shelf.work(self.seat.by) as work:
            incoming.close(work, number, outcome)

    # ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def feeds(self) -> list[FeedState]:
        self.seat.may(READ)
        return feeds.states(self._shelf)

    def save_feed(self, feed: CapFeed) -> CapFeed:
        with self.seat.managing() as work:
            made = feeds.save(work, feed)
        self._audit("cap.feed", feed.id, active=feed.active)
        return made

    def remove_feed(self, feed_id: str) -> None:
        with self.seat.managing() as work:
            feeds.remove(work, feed_id)
        self._audit("cap.feed-removed", feed_id)

    # ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _person(self) -> None:
        if self.seat.principal.kind != "person":
            raise Forbidden("Only a person who has signed in submits, approves and publishes warnings")

    @contextmanager
    def _changing(self, name: str, action: str) -> Iterator[tuple[Work, Chain]]:
        """A transaction on a chain that they may see, and do this to."""
        seat, sees = self.seat, self.sees()
        seat.may(action)
        mine = seat.agencies(action)
        with self._shelf.work(seat.by) as work:
            chain = chains.get(work, name, sees)
            if mine is not None and not chains.concerns(work, chain, mine):
                raise Forbidden(f"{seat.principal.name} may not {action} with warning {chain.number}", action=action)
            yield work, chain

    @contextmanager
    def _looking(self, name: str, seen: str) -> Iterator[tuple[Work, Chain]]:
        """As `_changing`, for a look at bytes; a try that is refused is recorded too."""
        try:
            with self._changing(name, PUBLISH) as found:
                yield found
        except RhineError as error:
            self._audit("warning.look", name[:60], outcome="refused", digest=seen[:64], why=error.detail)
            raise


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _area_of(incident: Incident) -> dict[str, Any] | None:
    """What an incident's place gives for a start: its area, or half a kilometre around its point."""
    place = incident.place
    if place.area is not None and place.area.get("type") in ("Polygon", "MultiPolygon"):
        return dict(place.area)
    if place.location is not None:
        from .areas import disc
        from .cap import Circle

        return geojson(disc(Circle(*place.location, 0.5)))
    return None


def _bounded(draft: Draft) -> None:
    """Raises: BadRequestData: more than is kept."""
    if len(draft.texts) > 15 or any(
        len(w.headline) > 300 or len(w.description) > 8_000 or len(w.instruction) > 8_000 or len(w.area) > 300
        for w in draft.texts
    ):
        raise BadRequestData("A headline has at most 300 characters, a text 8,000; there are at most 15 languages")
    tags = [w.language for w in draft.texts]
    if len(set(tags)) < len(tags):
        raise BadRequestData("A language is there twice")
    if draft.area is not None and len(msgspec.json.encode(draft.area)) > 400_000:
        raise BadRequestData("The area has too many corners")
    if draft.expires_us is not None and draft.onset_us is not None and draft.expires_us <= draft.onset_us:
        raise BadRequestData("It ends before it begins")
