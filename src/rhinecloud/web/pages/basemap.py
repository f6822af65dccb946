"""The city's own base map: a PMTiles file that the settings name, read by browsers in pieces (HTTP ranges).

Source: RFC 9110, 14 (range requests); PMTiles version 3.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

from litestar import Response, get

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.web.visits import AnyRequest

MOST: Final = 4_000_000
"""Bytes of one piece; PMTiles asks for far less."""
_RANGE: Final = re.compile(r"bytes=(\d{1,15})-(\d{1,15})\Z")


class Basemap:
    """The handler of the file's pieces."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    async def piece(self, request: AnyRequest) -> Response[bytes]:
        """One piece of the file; without a range the beginning of it."""
        if self._file is None or not self._file.is_file():
            raise ResourceNotFound("This installation has no map file")
        stat = self._file.stat()
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"',
            "Cache-Control": "max-age=3600",
        }
        match = _RANGE.match(request.headers.get("range", ""))
        first, last = (int(match[1]), int(match[2])) if match else (0, MOST - 1)
        if first >= stat.st_size or last < first:
            return Response(b"", status_code=416, headers={**headers, "Content-Range": f"bytes */{stat.st_size}"})
        last = min(last, stat.st_size - 1, first + MOST - 1)
        data = await asyncio.to_thread(_read, self._file, first, last - first + 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{stat.st_size}"
        return Response(data, status_code=206, media_type="application/octet-stream", headers=headers)


def _read(file: Path, first: int, count: int) -> bytes:
    with file.open("rb") as stream:
        stream.seek(first)
        return stream.read(count)


def routes(file: Path | None) -> list[Any]:
    return [get("/web/map.pmtiles")(Basemap(file).piece)]
