"""The web application: pages, data for islands, live changes and shipped files behind one ASGI callable."""

from __future__ import annotations

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import HTTPException

from rhinecloud.base.errors import RhineError

from .jobs import Jobs
from .live import Live
from .live_boards import Boards
from .pages import faults
from .rendering import Files, Pages
from .rooms import Rooms
from .routes import Given, routes
from .security import Guarded, csrf_secret
from .visits import Visits


def build(rooms: Rooms) -> Guarded:
    """The screens of a city as an ASGI application. `stop` ends the live streams; a server waits for open answers."""
    settings = rooms.settings
    files = Files()
    pages = Pages(files, timezone=settings.timezone, clock=rooms.clock)
    visits = Visits(rooms, files.version)
    boards = Boards(rooms, pages)
    live = Live(rooms, boards)
    jobs = Jobs(rooms.clock)
    https = settings.public_url.startswith("https://")
    handlers = routes(Given(rooms, pages, visits, live, boards, jobs, files, https))
    visits.navigation.built(frozenset(path for handler in handlers for path in handler.paths))
    application = Litestar(
        handlers,
        csrf_config=CSRFConfig(
            secret=csrf_secret(settings.data),
            cookie_name="rhinecloud_csrf",
            cookie_httponly=True,
            cookie_secure=https,
            cookie_samesite="strict",
        ),
        exception_handlers={
            RhineError: faults.handler(pages, visits),
            HTTPException: faults.handler(pages, visits),
            Exception: faults.handler(pages, visits),
        },
        openapi_config=None,
        request_max_body_size=1_000_000,
        logging_config=None,
    )

    async def stop() -> None:
        await live.stop()
        await jobs.stop()

    return Guarded(application, stop=stop, map_style=settings.map_style, https=https)
