"""What planning refuses, in the language of the page: the engine says it in English, with names and figures in it.

A sentence that is not here is shown as it is.
"""

from __future__ import annotations

from typing import Final

from . import dispatch_words
from .language import N_, words
from .refusals import pattern_of

_TEXTS: Final = (
    N_("An id has %(low)s to %(high)s characters, and no blanks around them"),
    N_("A name is missing"),
    N_("There is no %(what)s %(name)s"),
    N_("Levels go from 1 to %(most)s"),
    N_("A plan asks for something: at least one line with a capability"),
    N_("A line names a capability, a count from 1 to 100 and a level from 1 to %(most)s"),
    N_("Hours are days of the week, and times from 00:00 to 23:59"),
    N_("An area has a border"),
    N_("An area is a polygon"),
    N_("The border of the area crosses itself, or is not closed"),
    N_("Type %(name)s cannot lie under %(above)s"),
    N_("The %(what)s %(name)s is of version %(new)s by now, not %(old)s"),
    N_("Unit %(name)s is of version %(new)s by now, not %(old)s"),
    N_("Unit %(name)s is of version %(new)s by now"),
    N_("This duty is of version %(new)s by now"),
    N_("%(what)s %(name)s belongs to %(agency)s"),
    N_("%(what)s %(name)s is shared by all agencies"),
    N_("This post belongs to %(agency)s"),
    N_("A duty ends after it begins, and lasts 31 days at most"),
    N_("A kind of unit has statuses, each with a digit of its own"),
    N_("The step %(step)s leads from or to a status that there is not"),
    N_("A barrier is a line of two places or more"),
    N_("A closure ends after it begins"),
    N_("To call a staff together takes which one, and a reason"),
    N_("The %(staff)s is together already"),
    N_("The %(staff)s is not together"),
    N_("%(name)s is %(code)s already"),
    N_("%(name)s has given it up already"),
    N_("%(name)s has seen to it already"),
    N_("No alarm plan fits incident %(number)s"),
    N_("Incident %(number)s is at level %(level)s; it can be raised up to %(most)s"),
)
_WORDS: Final = {
    "alarm plan": N_("alarm plan"),
    "type of incident": N_("keyword"),
    "unit": N_("unit"),
    "Unit": N_("Unit"),
    "kind of unit": N_("kind of unit"),
    "agency": N_("agency"),
    "area": N_("area"),
    "zone": N_("zone"),
    "barrier": N_("barrier"),
    "closure": N_("closure"),
    "post": N_("post"),
    "Post": N_("Post"),
    "function": N_("function"),
    "Operations staff": N_("Operations staff"),
    "Crisis staff": N_("Crisis staff"),
}


_PATTERNS: Final = tuple((pattern_of(text), text) for text in _TEXTS)


def told(sentence: str, language: str) -> str:
    """A refusal as the visitor reads it."""
    say = words(language)
    for pattern, text in _PATTERNS:
        if match := pattern.fullmatch(sentence):
            given = {name: say(_WORDS.get(value, value)) for name, value in match.groupdict().items()}
            return say(text) % given if given else say(text)
    return dispatch_words.told(say(sentence), language)
