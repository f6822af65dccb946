"""Why a unit is not proposed, why a need is not filled, what to doubt of a proposal: in the language of the page.

The engine says it in English sentences with names and figures in them; a sentence that is not here is shown as it is.
"""

from __future__ import annotations

from typing import Final

from .language import N_, words
from .refusals import pattern_of

_SENTENCES: Final = (
    N_("off duty"),
    N_("works for %(number)s"),
    N_("status %(digit)s"),
    N_("no status reported"),
    N_("nobody knows where it is"),
    N_("its position is %(minutes)s minutes old"),
    N_("the incident has no place"),
    N_("%(count)s free units have %(capability)s, and are needed more elsewhere or cannot get there"),
    N_("no free unit has %(capability)s"),
    N_("Times are estimates by the crow's flight with a detour factor: no road network is loaded"),
    N_("Times of %(names)s are estimates: the road network does not reach there"),
    N_("%(unit)s comes across %(barrier)s by %(crossing)s; no detour factor is honest there"),
    N_("Unit %(unit)s %(why)s; give a reason to send it all the same"),
    N_("is off duty"),
    N_("has not reported a status"),
    N_("is in status %(status)s"),
    N_("has no %(capability)s"),
    N_("Unit %(unit)s is %(state)s for incident %(number)s"),
    N_("Assignment %(id)s is %(state)s already"),
    N_("Assignment %(id)s is %(state)s; there is nothing to answer"),
    N_("Assignment %(id)s is %(state)s; only a reserved unit is alerted"),
    N_("Incident %(number)s is %(state)s"),
    N_("Unit %(unit)s belongs to %(agency)s; ask them for it"),
    N_("A need names a capability and a count from 1 to 1000"),
    N_("To call a unit back takes a reason"),
    N_("Who declines says why"),
)


_PATTERNS: Final = tuple((pattern_of(text), text) for text in _SENTENCES)


def told(sentence: str, language: str) -> str:
    """A sentence of the engine as the visitor reads it."""
    from .strips import ASSIGNMENTS

    say = words(language)
    for pattern, text in _PATTERNS:
        if match := pattern.fullmatch(sentence):
            given = match.groupdict()
            if "state" in given:
                given["state"] = say(ASSIGNMENTS.get(given["state"], given["state"]))
            if "why" in given:
                given["why"] = told(given["why"], language)
            return say(text) % given if given else say(text)
    return sentence
