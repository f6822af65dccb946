"""The files that browsers load: kept for ever under an address with their version in it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from rhinecloud.web.rendering import Files
from rhinecloud.web.visits import AnyRequest


def routes(files: Files) -> list[Any]:
    @get("/static/{version:str}/{path:path}", sync_to_thread=False)
    def static(request: AnyRequest, version: FromPath[str], path: FromPath[str]) -> Response[bytes]:
        """A shipped file; an old version's address gives the present file, not to be kept."""
        found = files.get(path.lstrip("/"))
        if found is None:
            raise NotFoundException("There is no such file")
        lasting = "public, max-age=31536000, immutable" if version == files.version else "no-cache"
        headers = {"Cache-Control": lasting, "Vary": "Accept-Encoding"}
        if found.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.gzipped, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(found.plain, media_type=found.media_type, headers=headers)

    @get("/favicon.ico", sync_to_thread=False)
    def favicon() -> Response[bytes]:
        """The mark of the city, for browsers that ask by this old name."""
        found = files.get("mark.svg")
        assert found is not None
        return Response(found.plain, media_type=found.media_type, headers={"Cache-Control": "public, max-age=86400"})

    return [static, favicon]
