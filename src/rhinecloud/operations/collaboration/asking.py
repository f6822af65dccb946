"""Requests between agencies: one asks another for people, material or advice.

    asked → offered → accepted → arrived      asked, offered → declined      asked, offered, accepted → withdrawn

The agency that is asked offers or declines, the one that asks accepts, says that it has arrived, or withdraws. To ask
an agency is to let it know: it takes part in the incident from then on.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import incidents, journal
from rhinecloud.operations.tables import Shelf, Work

from .declare import Request, RequestState, RequestStep
from .words import entries, number, readers, remember, repeated, said, short, words

STEPS: Final[dict[RequestState, tuple[tuple[RequestState, ...], Literal["asked", "asking"]]]] = {
    "offered": (("asked",), "asked"),
    "accepted": (("offered",), "asking"),
    "arrived": (("accepted",), "asking"),
    "declined": (("asked", "offered"), "asked"),
    "withdrawn": (("asked", "offered", "accepted"), "asking"),
}
"""State → from which it is reached, and whose step it is."""
REASONED: Final = frozenset(("offered", "declined", "withdrawn"))
"""Steps that need words: what is offered, why not."""
OPEN: Final = ("asked", "offered", "accepted")
ANSWER_S: Final = 900.0
"""How long an agency has to answer, where nothing else is said."""
_COLUMNS: Final = "id, incident, number, seq, asking, asked, state, made_us, due_us, is_late, version"


def ask(
    work: Work,
    incident_id: str,
    asking: str,
    asked: str,
    text: str,
    *,
    due_us: int | None = None,
    private: bool = False,
    key: str = "",
) -> int:
    """One agency asks another; the number of the request.

    Args:
        asking: agency; "": the city as a whole.
        due_us: until when they have to answer; None: soon.
        private: nobody but the two may read it.
    Raises: BadRequestData.
    """
    if known := repeated(work, key):
        return known
    if not asked or asking == asked:
        raise BadRequestData("A request goes to another agency; say to which")
    if private and not asking:
        raise BadRequestData("A request between two agencies needs an agency that asks")
    if due_us is not None and due_us <= work.now:
        raise BadRequestData("The time to answer by is over already")
    made = number(work, "request", incident_id)
    only = (asking, asked) if private else ()
    _let_in(work, incident_id, asked)
    content = {
        "request": made,
        "asking": asking,
        "asked": asked,
        "text": said(text, "A request"),
        "name": work.by.name,
    }
    seq = journal.add(work, incident_id, "request", content, readers=only)
    due = work.now + round(ANSWER_S * SECOND) if due_us is None else due_us
    new = work.run(
        "INSERT INTO request (incident, number, seq, asking, asked, state, made_us, due_us, version)"
        " VALUES (?, ?, ?, ?, ?, 'asked', ?, ?, 1)",
        *(incident_id, made, seq, asking, asked, work.now, due),
    )
    remember(work, key, made)
    work.run("INSERT INTO request_step VALUES (?, 1, 'asked', ?, ?, ?)", new, seq, work.now, work.by.who)
    work.tell("request.asked", str(made), incident_id, only, asking=asking, asked=asked)
    return made


def step(
    work: Work,
    incident_id: str,
    made: int,
    state: RequestState,
    text: str,
    *,
    version: int,
    mine: Collection[str] | None,
) -> None:
    """Takes a request on.

    Args:
        version: that the person saw.
        mine: agencies for which they act; None: for all.
    Raises:
        Conflict: it went on in the meantime, or cannot go there. Forbidden: the step is the other agency's.
        BadRequestData: words are missing. ResourceNotFound.
    """
    row = work.row(
        "SELECT id, seq, asking, asked, state, version FROM request WHERE incident = ? AND number = ?",
        incident_id,
        made,
    )
    if row is None or row[1] not in entries(work, incident_id, [row[1]], None if mine is None else frozenset(mine)):
        raise ResourceNotFound(f"There is no request {made}")
    request, seq, asking, asked, before, now = row
    if state not in STEPS:
        raise BadRequestData(f"A request can be {', '.join(STEPS)}, not {state[:40]!r}")
    allowed, whose = STEPS[state]
    if version != now or before not in allowed:
        raise Conflict(f"Request {made} is {before} by now", state=before, version=now)
    agency = asked if whose == "asked" else asking
    if mine is not None and agency not in mine:
        raise Forbidden(f"That is for {agency or 'the city'} to say", agency=agency)
    content = {
        "request": made,
        "state": state,
        "text": said(text, "This step", 2000) if state in REASONED else short(text, "A remark", 2000),
        "name": work.by.name,
    }
    only = readers(entries(work, incident_id, [seq], None)[seq])
    entry = journal.add(work, incident_id, "request", content, readers=only, refers_to=seq)
    work.run(
        "INSERT INTO request_step VALUES (?, ?, ?, ?, ?, ?)", request, now + 1, state, entry, work.now, work.by.who
    )
    work.run(
        "UPDATE request SET state = ?, version = version + 1, due_us = NULL, is_late = 0 WHERE id = ?", state, request
    )
    work.tell(f"request.{state}", str(made), incident_id, only, asking=asking, asked=asked)


def _let_in(work: Work, incident_id: str, agency: str) -> None:
    incident = incidents.get(work, incident_id)
    if agency not in incident.agencies:
        incidents.change(work, incident_id, None, {"agencies": (*incident.agencies, agency)})


def late(work: Work) -> int:
    """Tells of requests that nobody answered in time, once each; how many."""
    rows = work.rows("SELECT id, incident, number, seq, asked FROM request WHERE due_us <= ? AND is_late = 0", work.now)
    for request, incident, made, seq, asked in rows:
        work.run("UPDATE request SET is_late = 1 WHERE id = ?", request)
        only = readers(entries(work, incident, [seq], None)[seq])
        work.tell("request.late", str(made), incident, only, asked=asked)
    return len(rows)


def listed(
    shelf: Work | Shelf, incident: str, sees: frozenset[str] | None, *, only_open: bool = False, limit: int = 500
) -> list[Request]:
    """Requests that may be read, open ones first, then the newest."""
    rows = shelf.rows(
        f"SELECT {_COLUMNS} FROM request WHERE incident = ? AND (NOT ? OR state IN ('asked', 'offered', 'accepted'))"  # noqa: S608 - ours
        " ORDER BY state NOT IN ('asked', 'offered', 'accepted'), number DESC LIMIT ?",
        *(incident, only_open, limit),
    )
    steps = {row[0]: shelf.rows(_STEPS, row[0]) for row in rows}
    seqs = [row[3] for row in rows] + [step[3] for each in steps.values() for step in each]
    known = entries(shelf, incident, seqs, sees)
    return [_request(row, steps[row[0]], known) for row in rows if row[3] in known]


_STEPS: Final = "SELECT state, at_us, who, seq FROM request_step WHERE request = ? ORDER BY version"


def _request(row: tuple[Any, ...], steps: list[tuple[Any, ...]], known: dict[int, Any]) -> Request:
    id_, incident, made, seq, asking, asked, state, made_us, due_us, is_late, version = row
    return Request(
        id=id_,
        incident=incident,
        number=made,
        seq=seq,
        asking=asking,
        asked=asked,
        state=state,
        made_us=made_us,
        due_us=due_us,
        late=bool(is_late),
        version=version,
        erased=known[seq].content is None,
        readers=readers(known[seq]),
        text=words(known[seq]).get("text", ""),
        steps=tuple(
            RequestStep(
                state=step,
                at_us=at,
                who=who,
                name=words(known[number]).get("name", ""),
                text=words(known[number]).get("text", "") if step != "asked" else "",
                seq=number,
            )
            for step, at, who, number in steps
            if number in known
        ),
    )
