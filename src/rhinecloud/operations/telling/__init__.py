"""How anybody is told, and how they answer.

In: what another area hands over in the transaction that makes it true (`tell`). Out: deliveries on every way that its
recipients have, with their marks (sent, received, read, accepted), and what nobody answers climbs to the next.
It must not know why something is told, nor what a screen looks like.

    with seat.changing(incident_id) as (work, incident):
        ...                                           # the change itself
        telling.tell(work, telling.Tell(
            key=f"report:{incident.id}:{version}",     # told once, however often it is handed over
            about="report", to=("agency:fire", "list:press", "mailto:lage@example.org"),
            text={"de": telling.Text("Lagemeldung 3", "…"), "en": telling.Text("Situation report 3", "…")},
            incident=incident.id, priority="immediate",
            attachments=(telling.Attachment(name="lage-3.pdf", media_type="application/pdf", data=pdf),),
        ))
"""

from __future__ import annotations

from .crew import Aboard, CrewDesk, Told
from .declare import Attachment, Attempt, Channel, Delivery, DeliveryState, Mark, Message, Priority, Tell, Text, Way
from .desk import AskedDeliveries, CodeDesk, Held, Line, TellingDesk, there
from .devices import Devices
from .digits import ATTRIBUTE, Digits
from .mail import Mail
from .marking import mark
from .outbox import deliveries, of_code, of_incident, of_key, stop, tell
from .room import Telling
from .systems import Contact, Done, SystemsDesk
from .ways import Known
from .webhook import Webhooks
from .wording import text_of

__all__ = [
    "ATTRIBUTE",
    "Aboard",
    "AskedDeliveries",
    "Attachment",
    "Attempt",
    "Channel",
    "CodeDesk",
    "Contact",
    "CrewDesk",
    "Delivery",
    "DeliveryState",
    "Devices",
    "Digits",
    "Done",
    "Held",
    "Known",
    "Line",
    "Mail",
    "Mark",
    "Message",
    "Priority",
    "SystemsDesk",
    "Tell",
    "Telling",
    "TellingDesk",
    "Text",
    "Told",
    "Way",
    "Webhooks",
    "deliveries",
    "mark",
    "of_code",
    "of_incident",
    "of_key",
    "stop",
    "tell",
    "text_of",
    "there",
]
