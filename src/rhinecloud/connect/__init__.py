"""The way in: bytes from devices, feeds and files become Updates; and commands go back to devices.

In: raw messages of the backbone. Out: Updates with expanded names, flags, figures, quarantine, commands.
It must not know the present (`context`): where Updates go is a callable it is given.
"""

from .codec_host import Call, CodecHost
from .codecs import CODECS, Codec
from .commands import Command, Commands
from .decode import Decoded, Decoder
from .devices import Device, mqtt_filters
from .feeds import PEGELONLINE, Feed
from .fetch import check_url, fetch
from .figures import Figure, Figures
from .files import File, open_file
from .ingest import Bad, Ingest
from .mapping import Documents, Mapping
from .polling import Polled, Polling
from .preview import Preview, try_mapping
from .quality import Quality
from .quarantine import Quarantine, Replayed
from .registry import Registry
from .room import Connect
from .runs import Rejection
from .tables import Tables
from .throttle import Throttle

__all__ = [
    "CODECS",
    "PEGELONLINE",
    "Bad",
    "Call",
    "Codec",
    "CodecHost",
    "Command",
    "Commands",
    "Connect",
    "Decoded",
    "Decoder",
    "Device",
    "Documents",
    "Feed",
    "Figure",
    "Figures",
    "File",
    "Ingest",
    "Mapping",
    "Polled",
    "Polling",
    "Preview",
    "Quality",
    "Quarantine",
    "Registry",
    "Rejection",
    "Replayed",
    "Tables",
    "Throttle",
    "check_url",
    "fetch",
    "mqtt_filters",
    "open_file",
    "try_mapping",
]
