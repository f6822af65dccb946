"""The command centre for systems of agencies: incidents, units, orders and news over HTTP, with tokens.

In: requests below `/command-centre/v1`, JSON. Out: what the desk of telling answers, rendered; actions once for their
key. It must not know how anything is kept, nor who may what: it names who asks, and calls.
"""

from __future__ import annotations

from .application import ROOT, CommandCentre
from .described import described

__all__ = ["ROOT", "CommandCentre", "described"]
