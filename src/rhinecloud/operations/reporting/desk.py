"""Situation reports as people ask for them: the draft as it stands, releasing one, those that were released.

Released is one click: the document is made, kept as a file of the log and by its number, entered in the log, and told
to whoever shall have it, all in one commit. What was released is never changed; the next report has the next number.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import assignments, journal, picture, signs, telling, units
from rhinecloud.operations.collaboration import Files
from rhinecloud.operations.collaboration.words import remember
from rhinecloud.operations.declare import Incident, Position
from rhinecloud.operations.seat import Seat

from . import drafting, sheet
from .chart import Ground, Standing
from .declare import PERSONS, Content, Figure, Released, Typed
from .words import said, time_group

LONGEST: Final = 6_000
_encode = msgspec.json.Encoder().encode


class ReportDesk:
    """Made of a seat; blocking.

    Args:
        city: name of the city, as the report says it. zone: IANA name of its time zone.
        ground: the base map under the picture.
    """

    def __init__(self, seat: Seat, *, city: str, zone: str, ground: Ground | None = None) -> None:
        self.seat = seat
        self._city, self._zone, self._ground = city, zone, ground or Ground()

    def draft(
        self,
        incident_id: str,
        language: str,
        typed: Typed | None = None,
        *,
        figures: Sequence[Figure] = (),
        titles: Mapping[str, str] | None = None,
    ) -> Content:
        """The report as it would be released now. What a person said in the last one stands in it again.

        Args:
            figures: of the city, that belong to the situation. titles: of agencies, by id.
        """
        incident = self.seat.incident(incident_id)
        last = self.last(incident.id)
        given = drafting.Given(
            language=language,
            city=self._city,
            zone=self._zone,
            number=last.number + 1 if last else 1,
            author=self.seat.by.name or self.seat.by.who,
            titles=dict(titles or {}),
            figures=tuple(figures),
            since_seq=last.seq if last else 0,
            typed=_checked(typed) if typed else self.carried(incident.id),
        )
        with self.seat.shelf.reading() as now:
            return drafting.draft(self.seat, incident.id, given, now.now)

    def carried(self, incident_id: str) -> Typed:
        """What the last report said, for the next one to begin with; when the next comes is new each time."""
        last = self.last(incident_id)
        return msgspec.structs.replace(last.typed, next_us=None) if last else Typed()

    def document(self, content: Content, incident_id: str, places: Mapping[str, Position] | None = None) -> bytes:
        """A draft as a PDF. `places`: where units are, by id."""
        incident = self.seat.incident(incident_id)
        shelf = self.seat.shelf
        drawings = [d for d in picture.standing(shelf, incident.id) if d.shared]
        return sheet.pdf(
            content, self._ground, drawings, self._standing(incident, places or {}), incident.place.location
        )

    def release(
        self,
        incident_id: str,
        content: Content,
        typed: Typed,
        *,
        to: Sequence[str] = (),
        places: Mapping[str, Position] | None = None,
        key: str = "",
    ) -> Released:
        """Releases a draft: from now on it is report `content.number`.

        Args:
            to: recipients as `telling` has them: "agency:fire", "mailto:lage@example.org", …
            key: what was asked for with the same key is done once.
        Raises:
            Conflict: somebody released that number meanwhile. BadRequestData.
        """
        incident = self.seat.incident(incident_id)
        if known := self._repeated(key):
            return next(r for r in self.released(incident.id) if r.number == known)
        typed, made = _checked(typed), self.document(content, incident_id, places)
        name = f"{said('report', content.language)}-{content.number}-{incident.number}.pdf".replace(" ", "-")
        with (
            Files(self.seat.shelf).arriving([(name, io.BytesIO(made))]) as files,
            self.seat.changing(incident.id) as (work, incident),
        ):
            row = work.row("SELECT max(number) FROM situation_report WHERE incident = ?", incident.id)
            if (row[0] or 0 if row else 0) + 1 != content.number:
                raise Conflict(f"Report {content.number} of {incident.number} has been released meanwhile")
            file = files.place()[0]
            seq = journal.add(
                work,
                incident.id,
                "automatic",
                {
                    "what": "report-released",
                    "by": work.by.name or work.by.who,
                    "report": content.number,
                    "files": [msgspec.to_builtins(file)],
                    "to": list(to),
                },
                attachments=(file.sha256,),
            )
            released = Released(
                incident=incident.id,
                number=content.number,
                at_us=content.at_us,
                who=work.by.who,
                name=work.by.name,
                language=content.language,
                sha256=file.sha256,
                size=file.size,
                seq=seq,
                to=tuple(to),
                typed=typed,
            )
            work.run(
                "INSERT INTO situation_report VALUES (?, ?, ?, ?)",
                *(incident.id, released.number, released.at_us, _encode(released)),
            )
            if to:
                telling.tell(work, _mail(incident, released, content, name, made))
            work.tell("report.released", str(released.number), incident.id)
            remember(work, key, released.number)
        return released

    def released(self, incident_id: str) -> list[Released]:
        """The reports of an incident, the newest first."""
        incident = self.seat.incident(incident_id)
        rows = self.seat.shelf.rows(
            "SELECT body FROM situation_report WHERE incident = ? ORDER BY number DESC", incident.id
        )
        return [msgspec.json.decode(body, type=Released) for (body,) in rows]

    def last(self, incident_id: str) -> Released | None:
        found = self.released(incident_id)
        return found[0] if found else None

    def open(self, incident_id: str, number: int) -> tuple[Released, IO[bytes]]:
        """A released report and its document. Raises: ResourceNotFound."""
        found = next((r for r in self.released(incident_id) if r.number == number), None)
        if found is None:
            raise ResourceNotFound(f"There is no report {number} of this incident")
        return found, Files(self.seat.shelf).open(found.sha256)

    def _repeated(self, key: str) -> int:
        """The number of the report that was released when the same was asked for before; 0: none."""
        sql = "SELECT id FROM said WHERE who = ? AND key = ?"
        rows = self.seat.shelf.rows(sql, self.seat.by.who, key) if key else []
        return int(rows[0][0]) if rows else 0

    def _standing(self, incident: Incident, places: Mapping[str, Position]) -> list[Standing]:
        shelf, found = self.seat.shelf, []
        for held in assignments.of_incident(shelf, incident.id):
            if held.closed_us is None and held.state != "reserved":
                unit = units.get(shelf, held.unit)
                at = places.get(unit.id) or unit.position
                if at is not None:
                    found.append(Standing(name=unit.name, sign=signs.of_unit(unit), at=at))
        return found


def _checked(typed: Typed) -> Typed:
    """Raises: BadRequestData."""
    for name in typed.__struct_fields__:
        value: Any = getattr(typed, name)
        if isinstance(value, str) and len(value) > LONGEST:
            raise BadRequestData(f"A part of the report has at most {LONGEST} characters")
    if unknown := set(typed.persons) - set(PERSONS):
        raise BadRequestData(f"People are counted by {', '.join(PERSONS)}, not {sorted(unknown)[0]!r}")
    if any(count < 0 or count > 1_000_000 for count in typed.persons.values()):
        raise BadRequestData("A count of people is a number from 0")
    return typed


def _mail(incident: Incident, report: Released, content: Content, name: str, made: bytes) -> telling.Tell:
    word = said("report", content.language)
    exercise = f"{said('exercise', content.language)}: " if incident.exercise else ""
    head = f"{exercise}{word} {report.number}, {incident.number} {incident.title}"[:290]
    situation = next((p for p in content.parts if p.key == "situation"), None)
    body = "\n\n".join(
        t
        for t in (
            f"{head}\n{time_group(report.at_us, content.zone)} · {report.name}",
            situation.text if situation else "",
        )
        if t
    )
    return telling.Tell(
        key=f"report:{incident.id}:{report.number}",
        about="report",
        subject=str(report.number),
        to=report.to,
        text={language: telling.Text(head, body) for language in ("de", "en")},
        incident=incident.id,
        path=f"/incidents/{incident.id}/report",
        attachments=(telling.Attachment(name=name, media_type="application/pdf", data=made),),
    )
