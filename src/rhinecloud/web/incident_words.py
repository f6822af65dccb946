"""Incidents in words: states, steps, urgencies, what is counted down to. English here; translated where it is shown."""

from __future__ import annotations

from typing import Final

from .language import N_

EXERCISE: Final = N_("EXERCISE")
"""Stands wherever something of a drill is shown."""

STATES: Final = {
    "reported": N_("Reported"),
    "triaged": N_("Assessed"),
    "assigned": N_("Units assigned"),
    "under-way": N_("Under way"),
    "on-scene": N_("On scene"),
    "contained": N_("Contained"),
    "resolved": N_("Resolved"),
    "closed": N_("Closed"),
    "reviewed": N_("Reviewed"),
    "cancelled": N_("Cancelled"),
    "duplicate": N_("Duplicate"),
    "merged": N_("Merged"),
    "split": N_("Split"),
}
STATE_ICONS: Final = {
    "reported": "inbox",
    "triaged": "list-checks",
    "assigned": "users",
    "under-way": "truck",
    "on-scene": "map-pin",
    "contained": "shield-check",
    "resolved": "circle-check",
    "closed": "lock",
    "reviewed": "check-check",
    "cancelled": "circle-x",
    "duplicate": "copy",
    "merged": "merge",
    "split": "split",
}
STEPS: Final = {
    "triage": N_("Assess"),
    "assign": N_("Units are assigned"),
    "depart": N_("Units are under way"),
    "arrive": N_("Units are on scene"),
    "contain": N_("Contained"),
    "resolve": N_("Resolved"),
    "settle": N_("Settle without units"),
    "close": N_("Close"),
    "review": N_("Reviewed"),
    "withdraw": N_("Call all units back"),
    "flare-up": N_("It flares up again"),
    "reopen": N_("Open again"),
    "cancel": N_("Cancel the incident"),
    "mark-duplicate": N_("It is a duplicate"),
    "merge": N_("Merge"),
    "split": N_("Split"),
}
STEP_ICONS: Final = {
    "triage": "list-checks",
    "assign": "users",
    "depart": "truck",
    "arrive": "map-pin",
    "contain": "shield-check",
    "resolve": "circle-check",
    "settle": "check",
    "close": "lock",
    "review": "check-check",
    "withdraw": "undo-2",
    "flare-up": "flame",
    "reopen": "lock-open",
    "cancel": "circle-x",
    "mark-duplicate": "copy",
    "merge": "merge",
    "split": "split",
}
URGENCIES: Final = {"immediate": N_("immediate"), "soon": N_("soon"), "later": N_("later")}
"""How urgent it is."""
TARGETS: Final = {
    "triaged": N_("assess"),
    "assigned": N_("assign units"),
    "under-way": N_("leave"),
    "on-scene": N_("be on scene"),
    "contained": N_("contain"),
    "resolved": N_("resolve"),
    "closed": N_("close"),
}
"""What has to be reached in time."""
