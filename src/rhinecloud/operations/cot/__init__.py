"""Cursor on Target: units, incidents and drawings to and from TAK servers.

In: what an agency may see of the command centre; events of its TAK server. Out: events for it, renewed before they go
stale and taken back when they end; positions of units, emergencies as incidents, drawings on the agency's layer.

`event` reads and writes the format, `stream` finds events in a stream of bytes, `showing` says what a link shows,
`taking` what is made of what comes, `session` keeps one connection, `room` keeps them all.
"""

from .desk import CotDesk
from .event import Event, decode, encode
from .links import Link, Refusal
from .room import Cot, Standing
from .stream import Splitter

__all__ = ["Cot", "CotDesk", "Event", "Link", "Refusal", "Splitter", "Standing", "decode", "encode"]
