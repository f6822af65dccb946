"""Out, and writes by the same standards: NGSI-LD, what packs publish, HTTP push, health and figures.

In: HTTP requests, as plain ASGI. Out: updates for the present, answers of present and past, messages for the backbone.
It must not know how anything is stored, what a device's bytes mean, or what a screen looks like; parse, call, render.
"""

from __future__ import annotations

from .health import Health
from .ngsi_ld import NgsiLd
from .ngsi_ld.parse import entity_from_json
from .ngsi_ld.render import Renderer, View
from .openapi import openapi
from .publications import Publications, described
from .push import Push

__all__ = [
    "Health",
    "NgsiLd",
    "Publications",
    "Push",
    "Renderer",
    "View",
    "described",
    "entity_from_json",
    "openapi",
]
