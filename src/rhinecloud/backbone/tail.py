"""After a power cut the end of a stream may be gone, and a deleted store begins again at 1; numbers must not repeat.

Whoever consumes skips sequences up to its mark. Were a number given twice, a new message would be taken for one that
was handled. So, when the machine was started anew or the stream is another one than last time, the stream's end is
compared with the highest mark, and the stream is made to go on behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.telemetry import logger

from .consumer import Consumer
from .streams import Api

log = logger("backbone")


class Tail:
    """`file` remembers under which start of the machine each stream was last seen."""

    def __init__(self, file: Path, api: Api) -> None:
        self._file = file
        self._api = api
        self._known: dict[str, str] = {}
        if file.exists():
            try:
                self._known = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
            except msgspec.DecodeError:
                log.warning("streams_file_unreadable", file=str(file))

    async def mend(self, consumer: Consumer, info: dict[str, Any], highest: Callable[[str], int]) -> bool:
        """Whether the stream had to be moved on. What is still in it is handled first."""
        stream = consumer.stream
        if self._known.get(stream) == _identity(info):
            return False
        mark, last = highest(stream), info["state"]["last_seq"]
        if last >= mark:
            return False
        log.warning("stream_end_lost", stream=stream, last=last, mark=mark)
        await consumer.caught_up()
        await self._api.call(f"STREAM.PURGE.{stream}", {"seq": mark + 1})
        consumer.reconnected()
        return True

    def keep(self, infos: dict[str, dict[str, Any]]) -> None:
        """Remembers the streams as they are."""
        known = {name: _identity(info) for name, info in infos.items()}
        if known != self._known:
            draft = self._file.with_suffix(".new")
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(known))
            draft.replace(self._file)


def _identity(info: dict[str, Any]) -> str:
    """Changes when the stream is made anew and when the machine is started anew."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = "?"  # elsewhere the comparison is made at every start
    return f"{info['created']} {boot}"
