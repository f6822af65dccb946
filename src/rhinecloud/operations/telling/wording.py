"""What a message says on its way: in the language of the way, and unmistakable where it is a drill."""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.base.clock import iso
from rhinecloud.base.declare import Label

from .attempts import Parcel
from .declare import Message, Text

EXERCISE: Final = Label(de="ÜBUNG", en="EXERCISE")


def text_of(message: Message, language: str) -> Text:
    """The text in a language, or in the one that there is; a drill says so at head and end."""
    given = message.given.text
    found = given.get(language) or next(iter(given.values()), Text(message.given.about))
    if not message.exercise:
        return found
    word = EXERCISE[language]
    body = f"{word}\n{found.body}\n{word}" if found.body else word
    return Text(f"{word} – {found.subject}", body)


def document(tenant: str, parcel: Parcel) -> dict[str, Any]:
    """A message as programs read it; the same at every attempt."""
    message, delivery = parcel.message, parcel.delivery
    given = message.given
    said = text_of(message, delivery.language) if given.text else None
    return {
        "id": delivery.id,
        "message": given.key,
        "about": given.about,
        "tenant": tenant,
        "to": delivery.recipient,
        "at": iso(message.made_us),
        "priority": given.priority,
        "exercise": message.exercise,
        "subject": given.subject,
        "incident": given.incident,
        "wanted": given.wanted,
        **({"text": {"language": delivery.language, "subject": said.subject, "body": said.body}} if said else {}),
        "data": given.data,
    }
