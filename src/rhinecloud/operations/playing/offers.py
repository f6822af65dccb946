"""Playbooks that alerts ask for: by a forecast, by a trend, by a limit that is crossed; whatever the rule says.

An alert asks once. Where its playbook runs already, it is linked to that incident; else a person is offered to begin,
or, where the playbook says so, an incident is reported and the playbook begins by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal

import msgspec

from rhinecloud.base.errors import Conflict, ResourceNotFound
from rhinecloud.insight import Alert
from rhinecloud.operations import incidents, journal, life, playbooks, things
from rhinecloud.operations.declare import Incident, IncidentType, Place, PlaybookVersion, Run, Trigger
from rhinecloud.operations.incidents import Report
from rhinecloud.operations.tables import Shelf, Work


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: `over` where the alert was lifted before anybody said anything."""

    id: int
    playbook: str
    alert: str
    rule: str
    type: str
    made_us: int
    state: Literal["open", "taken", "dismissed", "linked", "over"]
    incident: str
    ended_us: int | None
    who: str
    reason: str


_COLUMNS: Final = ", ".join(Offer.__struct_fields__)


def asked_for(known: Iterable[PlaybookVersion]) -> dict[str, list[tuple[PlaybookVersion, Trigger]]]:
    """Playbooks by the rules whose alerts ask for them."""
    found: dict[str, list[tuple[PlaybookVersion, Trigger]]] = {}
    for playbook in known:
        for trigger in playbook.triggers:
            found.setdefault(trigger.rule, []).append((playbook, trigger))
    return found


def hear(work: Work, alerts: Sequence[Alert], automatic: Collection[str]) -> None:
    """Alerts that are raised now: each asks for its playbooks once, and what is over asks no more."""
    wanted = asked_for(playbooks.every(work))
    known = {(p, a) for p, a in work.rows("SELECT playbook, alert FROM playbook_offer")}
    for alert in alerts:
        for playbook, trigger in wanted.get(alert.rule, ()):
            if (playbook.id, alert.id) not in known:
                _ask(work, playbook, trigger, alert, automatic)
    raised = {alert.id for alert in alerts}
    for offer in waiting(work):
        going = _going(work, offer.playbook)
        if offer.alert not in raised:
            _end(work, offer, "over")
        elif going is not None:  # somebody began it meanwhile
            _link(work, going, offer.alert)
            _end(work, offer, "linked", incident=going.id)


def _ask(work: Work, playbook: PlaybookVersion, trigger: Trigger, alert: Alert, automatic: Collection[str]) -> None:
    going = _going(work, playbook.id)
    if going is not None:
        _link(work, going, alert.id)
        _keep(work, playbook, trigger, alert, "linked", going.id)
    elif trigger.start == "start":
        made = incidents.report(work, report_of(alert, trigger.type))
        playbooks.start(work, made.id, playbook.id, automatic)
        _keep(work, playbook, trigger, alert, "taken", made.id)
    elif all(offer.playbook != playbook.id for offer in waiting(work)):
        _keep(work, playbook, trigger, alert, "open", "")
        work.tell("playbook.offered", playbook.id, alert=alert.id, rule=alert.rule)


def _keep(work: Work, playbook: PlaybookVersion, trigger: Trigger, alert: Alert, state: str, incident: str) -> None:
    work.run(
        "INSERT OR IGNORE INTO playbook_offer (playbook, alert, rule, type, made_us, state, incident, ended_us, who)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(playbook.id, alert.id, alert.rule, trigger.type, work.now, state, incident),
        *((None, "") if state == "open" else (work.now, work.by.who)),
    )


def report_of(alert: Alert, incident_type: str) -> Report:
    return Report(
        type=incident_type,
        title=f"{alert.title.de}: {alert.entity_name}"[:200],
        text=alert.text.de,
        place=Place(location=alert.location, entity=alert.entity),
        severity=alert.severity,
        entities=(alert.entity,),
        alerts=(alert.id,),
        source=f"alert:{alert.id}",
    )


def _going(work: Work, playbook: str) -> Incident | None:
    """The incident in which it runs."""
    row = work.row("SELECT incident FROM run WHERE playbook = ? AND ended_us IS NULL ORDER BY started_us", playbook)
    return incidents.get(work, row[0]) if row else None


def _link(work: Work, incident: Incident, alert: str) -> None:
    if alert not in incident.alerts:
        incidents.link_alert(work, incident.id, alert)
        alerts = (*incidents.get(work, incident.id).alerts, alert)
        changed = incidents.get(work, incident.id)
        changed.alerts = tuple(dict.fromkeys(alerts))
        incidents.keep(work, changed, {"alerts": changed.alerts})
        journal.note(work, incident.id, "alert-linked", alert=alert)
        work.tell("incident.changed", incident.id, incident.id, incident.agencies, fields=["alerts"])


def waiting(asked: Work | Shelf) -> list[Offer]:
    """Those that wait for somebody, the newest first."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM playbook_offer WHERE state = 'open' ORDER BY made_us DESC")  # noqa: S608 - ours
    return [_offer(row) for row in rows]


def get(asked: Work | Shelf, offer_id: int) -> Offer:
    """Raises: ResourceNotFound."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM playbook_offer WHERE id = ?", offer_id)  # noqa: S608 - ours
    if not rows:
        raise ResourceNotFound(f"Offer {offer_id} does not exist")
    return _offer(rows[0])


def take(
    work: Work, offer_id: int, alert: Alert | None, automatic: Collection[str], incident_id: str = ""
) -> tuple[Incident, Run]:
    """Somebody begins what is offered: in an incident that there is, or in a new one of the alert.

    Raises:
        Conflict: somebody has answered already (says who).
    """
    offer = _open(work, offer_id)
    if incident_id:
        incident = incidents.get(work, incident_id)
        _link(work, incident, offer.alert)
    else:
        if alert is None:
            raise ResourceNotFound(f"Alert {offer.alert[:40]} does not exist")
        incident = incidents.report(work, report_of(alert, offer.type))
    run = playbooks.start(work, incident.id, offer.playbook, automatic)
    _end(work, offer, "taken", incident=incident.id)
    return incidents.get(work, incident.id), run


def dismiss(work: Work, offer_id: int, reason: str) -> None:
    """Nothing is begun, for a reason. Raises: Conflict."""
    _end(work, _open(work, offer_id), "dismissed", reason=reason)


def _open(work: Work, offer_id: int) -> Offer:
    offer = get(work, offer_id)
    if offer.state != "open":
        raise Conflict(f"This offer is {offer.state}" + (f" by {offer.who}" if offer.who else ""), state=offer.state)
    return offer


def _end(work: Work, offer: Offer, state: str, *, incident: str = "", reason: str = "") -> None:
    work.run(
        "UPDATE playbook_offer SET state = ?, ended_us = ?, who = ?, incident = ?, reason = ? WHERE id = ?",
        *(state, work.now, work.by.who, incident, reason.strip(), offer.id),
    )
    work.tell(f"playbook.{state}", offer.playbook, incident, alert=offer.alert)


def _offer(row: Sequence[object]) -> Offer:
    return msgspec.convert(dict(zip(Offer.__struct_fields__, row, strict=True)), Offer)


def begins(work: Work, incident: Incident) -> list[str]:
    """Playbooks that begin by themselves in an incident now and have not yet: those of its type, once it is triaged."""
    if incident.state not in life.WORKED:
        return []
    known = {p.id: p for p in playbooks.every(work)}
    kind = things.every(work, IncidentType).get(incident.type)
    wanted = dict.fromkeys(
        (*(kind.playbooks if kind else ()), *(p.id for p in known.values() if incident.type in p.types))
    )
    there = {p for (p,) in work.rows("SELECT playbook FROM run WHERE incident = ?", incident.id)}
    return [p for p in wanted if p in known and p not in there]
