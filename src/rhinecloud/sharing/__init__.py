"""Out, and writes by the same standards: NGSI-LD, what packs publish, the command centre for systems, HTTP push.

In: HTTP requests, as plain ASGI. Out: updates for the present, answers of present and past, messages for the backbone.
It must not know how anything is stored, what a device's bytes mean, or what a screen looks like; parse, call, render.
"""

from __future__ import annotations

from .cap import Cap, described_cap
from .command_centre import ROOT as COMMAND_CENTRE
from .command_centre import CommandCentre
from .command_centre import described as command_centre
from .health import Health
from .ngsi_ld import NgsiLd
from .ngsi_ld.parse import entity_from_json
from .ngsi_ld.render import Renderer, View
from .openapi import openapi
from .publications import Publications, described
from .push import Push

__all__ = [
    "COMMAND_CENTRE",
    "Cap",
    "CommandCentre",
    "Health",
    "NgsiLd",
    "Publications",
    "Push",
    "Renderer",
    "View",
    "command_centre",
    "described",
    "described_cap",
    "entity_from_json",
    "openapi",
]
