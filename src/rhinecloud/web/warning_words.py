"""Warnings in words: what CAP's terms mean, states, kinds of messages, what rules ask for. English here; translated
where it is shown.
"""

from __future__ import annotations

from typing import Final

from .language import N_

STATES: Final = {
    "prepared": N_("prepared"),
    "in-force": N_("in force"),
    "expired": N_("has run out"),
    "lifted": N_("lifted"),
    "dropped": N_("given up"),
}
STATE_ICONS: Final = {
    "prepared": "file-text",
    "in-force": "megaphone",
    "expired": "clock",
    "lifted": "circle-check",
    "dropped": "ban",
}
RECEIVED: Final = {
    "in-force": N_("in force"),
    "expired": N_("has run out"),
    "superseded": N_("replaced by an update"),
    "cancelled": N_("cancelled"),
    "cancel": N_("ends another one"),
    "reply": N_("reply"),
}
MESSAGES: Final = {
    "draft": N_("draft"),
    "submitted": N_("waits for approval"),
    "published": N_("published"),
    "dropped": N_("given up"),
}
KINDS: Final = {
    "alert": N_("Warning"),
    "update": N_("Update"),
    "all-clear": N_("All clear"),
    "retract": N_("Retraction"),
}
TYPES: Final = {
    "Alert": N_("Warning"),
    "Update": N_("Update"),
    "Cancel": N_("Lifting of a warning"),
    "Ack": N_("Receipt"),
    "Error": N_("Refusal"),
}
STATUS: Final = {
    "Actual": N_("real"),
    "Exercise": N_("EXERCISE"),
    "Test": N_("TEST"),
    "System": N_("system"),
    "Draft": N_("draft"),
}
SEVERITY: Final = {
    "Extreme": N_("Extreme"),
    "Severe": N_("Severe"),
    "Moderate": N_("Moderate"),
    "Minor": N_("Minor"),
    "Unknown": N_("Unknown"),
}
GRAVITY: Final = {"Extreme": 4, "Severe": 3, "Moderate": 2, "Minor": 1, "Unknown": 1}
"""CAP's severity → place among the five states, which names its colour and shape."""
URGENCY: Final = {
    "Immediate": N_("at once"),
    "Expected": N_("within the hour"),
    "Future": N_("later"),
    "Past": N_("past"),
    "Unknown": N_("unknown"),
}
CERTAINTY: Final = {
    "Observed": N_("observed"),
    "Likely": N_("likely"),
    "Possible": N_("possible"),
    "Unlikely": N_("unlikely"),
    "Unknown": N_("unknown"),
}
CATEGORY: Final = {
    "Safety": N_("Safety"),
    "Fire": N_("Fire"),
    "Met": N_("Weather"),
    "Health": N_("Public health"),
    "CBRNE": N_("Hazardous substances"),
    "Env": N_("Environment"),
    "Infra": N_("Infrastructure"),
    "Transport": N_("Transport"),
    "Rescue": N_("Rescue"),
    "Security": N_("Security"),
    "Geo": N_("Earth"),
    "Other": N_("Other"),
}
RESPONSE: Final = {
    "Shelter": N_("Take shelter"),
    "Evacuate": N_("Leave the area"),
    "Avoid": N_("Keep away"),
    "Prepare": N_("Prepare"),
    "Execute": N_("Do what is said"),
    "Monitor": N_("Stay informed"),
    "AllClear": N_("All clear"),
    "Assess": N_("Assess the situation"),
    "None": N_("Do nothing"),
}
OUTCOMES: Final = {
    "handed-over": N_("handed over"),
    "accepted": N_("they have taken it"),
    "published": N_("they have published it"),
    "refused": N_("they have refused it"),
}
FAULTS: Final = {
    "headline-missing": N_("What: the headline is missing."),
    "description-missing": N_("What: the description is missing."),
    "instruction-missing": N_("What to do: the instruction is missing."),
    "expires-missing": N_("Until when: the end is missing."),
    "sender-missing": N_("Who: the sender's name is missing."),
    "contact-missing": N_("Who: a contact is missing."),
    "category-missing": N_("What: the category is missing."),
    "event-missing": N_("What: the event is missing."),
    "area-missing": N_("Where: the area or its name is missing."),
    "area-not-drawn": N_("Where: the area is not drawn."),
    "area-elsewhere": N_("Where: the area does not lie in the city."),
    "area-beyond": N_("The area reaches beyond the city."),
    "area": N_("Where: the area's outline cannot be used."),
    "polygon-crosses": N_("The area's outline crosses itself."),
    "polygon-corners": N_("The area has too many corners."),
    "coordinates-swapped": N_("Latitude and longitude are swapped."),
    "placeholder-left": N_("A [placeholder] is still to be filled in."),
    "headline-long": N_("A headline of more than 160 characters is cut off by receivers."),
    "info-missing": N_("There is no text in any language."),
    "german-first": N_("The German text is missing."),
    "language-twice": N_("A language is there twice."),
    "expires-passed": N_("Until when: the end lies in the past."),
    "expires-before-onset": N_("It ends before it begins."),
    "expires-late": N_("It would count for more than thirty days."),
}
"""What rules of our own say, by their stable word; others are shown as the engine says them."""
REASONS: Final = {
    "schema": N_("not as the standard's schema has it"),
    "not-xml": N_("no well-formed XML"),
    "not-json": N_("no JSON"),
    "not-cap": N_("no CAP message"),
    "namespace": N_("of another standard"),
    "xml-entities": N_("document type or entities"),
    "empty": N_("empty"),
    "too-large": N_("too large"),
    "links-only": N_("a feed that only points at messages"),
    "nested": N_("an archive within an archive"),
    "not-zip": N_("a broken archive"),
    "not-gzip": N_("a broken archive"),
    "polygon": N_("an area that is none"),
    "circle": N_("an area that is none"),
    "position": N_("a position that is none"),
    "area": N_("an area that is none"),
    "coordinates-swapped": N_("latitude and longitude swapped"),
    "references-missing": N_("no reference to an earlier message"),
    "references-form": N_("a reference that is none"),
    "references-itself": N_("a reference to itself"),
    "identifier-reused": N_("an identifier that was used before"),
    "name-characters": N_("an identifier or sender with forbidden characters"),
    "name-missing": N_("no identifier or sender"),
    "addresses-missing": N_("private, without recipients"),
    "restriction-missing": N_("restricted, without saying how"),
    "event-missing": N_("no event"),
    "expires-before-onset": N_("ends before it begins"),
    "sent-future": N_("sent in the future"),
}
REFUSALS: Final = (
    N_("Four eyes: somebody else than who wrote or submitted it approves it"),
    N_("It has been changed since you looked at it; look again"),
    N_("Nobody has approved it as it is"),
    N_("Its end has passed while it waited; set another one and submit it again"),
    N_("Who sends a warning back says why"),
    N_("Only a person who has signed in submits, approves and publishes warnings"),
    N_("Say to whom it was handed over"),
    N_("A drill is not handed over to the state's system"),
)
"""What the desk says to people who may not, as its errors have it."""
