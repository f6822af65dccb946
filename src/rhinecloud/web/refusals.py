"""What the command centre refuses, in the language of the page: its own sentences are English, with names in them.

A sentence that is not here is shown as it is.
"""

from __future__ import annotations

import re
from typing import Final

from .language import N_, words


def pattern_of(text: str) -> re.Pattern[str]:
    """Finds a sentence, and what stands in its places."""
    pieces = re.split(r"%\((\w+)\)s", text)
    return re.compile("".join(f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)))


_SENTENCES: Final = tuple(
    (pattern_of(text), text)
    for text in (
        N_("%(name)s is empty"),
        N_("%(name)s is damaged: its parts cannot be read"),
        N_("%(name)s carries a program (macros); save it without them"),
        N_("%(name)s is none of the kinds of file that are taken: %(kinds)s"),
        N_("%(name)s says %(ending)s, but its content is %(kind)s; name it %(right)s if that is right"),
        N_("%(name)s says nothing of what it is, but its content is %(kind)s; name it %(right)s if that is right"),
        N_("%(name)s has %(size)s MB; at most %(most)s MB are taken"),
        N_("At most %(most)s files go with one entry"),
        N_("A file needs a name"),
        N_("The file's name is longer than %(most)s characters: %(name)s"),
        N_("The file's name has characters that cannot be seen: %(name)s"),
        N_("%(what)s needs a text"),
        N_("%(what)s has at most %(most)s characters; put long texts into a file beside it"),
        N_("A flash message interrupts everybody; say why it must"),
        N_("A message cannot come from the future"),
        N_("An entry cannot tell of the future"),
        N_("Somebody is the message officer (Sichter) here and distributes messages; take it over first"),
        N_("Somebody else has this function; they mark it as seen"),
        N_("A request goes to another agency; say to which"),
        N_("A request between two agencies needs an agency that asks"),
        N_("Say for which of your agencies you ask"),
        N_("The time to answer by is over already"),
        N_("The time it is due by is over already"),
        N_("That is for %(agency)s to say"),
        N_("Request %(number)s is %(state)s by now"),
        N_("Task %(number)s is %(state)s by now, and was changed"),
        N_("A handover is signed by two persons; somebody else has to take it"),
        N_("Your handover %(number)s waits to be taken; withdraw it first"),
        N_("Handover %(number)s is %(state)s already"),
        N_("Only who gave a handover withdraws it"),
        N_("Nobody keeps this log yet; take it over to write in it"),
        N_("%(name)s keeps this log; take it over to write in it"),
        N_("%(name)s keeps this log by now"),
        N_("The content of entry %(seq)s was erased already"),
        N_("Decision %(new)s took the place of decision %(old)s already"),
        N_("Choose at least one agency that may read it"),
        N_("Write the time of day as 14:03"),
        N_("To %(step)s an incident takes a reason"),
        N_("An incident that is %(state)s cannot %(step)s; possible is %(able)s"),
        N_("%(units)s still at work in incident %(number)s"),
        N_("%(names)s changed %(fields)s of %(number)s in the meantime"),
        N_("An incident needs a title"),
        N_("An incident is split into two parts or more, and each unit goes with one of them"),
        N_("Incident %(number)s does not exist"),
        N_("An incident cannot be named as the other one of itself"),
        N_("A drill and a real incident are never put together"),
        N_("Units are at work in section %(section)s; give them to another one first"),
        N_("A count of people is a number from 0"),
        N_("%(name)s is no e-mail address"),
        N_("Report %(number)s of %(incident)s has been released meanwhile"),
        N_("A part of the report has at most %(most)s characters"),
        N_("Finding %(number)s was changed in the meantime"),
        N_("Say how the finding was dealt with"),
        N_("A finding says what is to change"),
        N_("A finding says what happened"),
        N_("A finding says who sees to it"),
        N_("A finding says until when"),
        N_("A port is a number from 1 to 65535"),
        N_("A link needs a name, a title, a host and a port"),
    )
)
_WORDS: Final = {
    "A message": N_("A message"),
    "The sender": N_("The sender"),
    "The receiver": N_("The receiver"),
    "The reason": N_("The reason"),
    "A decision": N_("A decision"),
    "A decision's reasons": N_("A decision's reasons"),
    "A request": N_("A request"),
    "This step": N_("This step"),
    "A task": N_("A task"),
    "Who does it": N_("Who does it"),
    "A handover": N_("A handover"),
    "An entry": N_("An entry"),
    "A remark": N_("A remark"),
    "A note": N_("A note"),
}


def told(sentence: str, language: str) -> str:
    """A refusal as the visitor reads it."""
    say = words(language)
    for pattern, text in _SENTENCES:
        if match := pattern.fullmatch(sentence):
            given = {name: say(_WORDS.get(value, value)) for name, value in match.groupdict().items()}
            return say(text) % given if given else say(text)
    return say(sentence)
