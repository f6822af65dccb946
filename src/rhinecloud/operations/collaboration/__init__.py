"""Working together on one incident, whoever one works for: messages, decisions, requests, tasks, handovers, files,
and who is there.
"""

from rhinecloud.operations.journal import verifier_source

from .actions import actions
from .asking import STEPS as REQUEST_STEPS
from .declare import (
    MEANS,
    PRIORITIES,
    Copy,
    Decision,
    Draft,
    File,
    Handover,
    Message,
    OpenPoints,
    Request,
    RequestStep,
    Task,
)
from .desk import RoomDesk
from .files import LARGEST, MOST, Files
from .following import Collaborating
from .kinds import BY_TYPE as FILE_KINDS
from .kinds import ENDINGS
from .messages import SICHTER
from .presence import Presence, Present

__all__ = [
    "ENDINGS",
    "FILE_KINDS",
    "LARGEST",
    "MEANS",
    "MOST",
    "PRIORITIES",
    "REQUEST_STEPS",
    "SICHTER",
    "Collaborating",
    "Copy",
    "Decision",
    "Draft",
    "File",
    "Files",
    "Handover",
    "Message",
    "OpenPoints",
    "Presence",
    "Present",
    "Request",
    "RequestStep",
    "RoomDesk",
    "Task",
    "actions",
    "verifier_source",
]
