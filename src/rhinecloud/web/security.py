"""What every answer carries so that a browser guards it, and the secret behind CSRF tokens.

No inline script or style is ever served, so the policy allows none. MapLibre GL needs a worker from our own address and
images from data and blob URLs; another map style adds its own address for tiles, fonts and images.
Source: Content Security Policy Level 3; OWASP Secure Headers.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send


def policy(map_style: str = "") -> str:
    """The Content-Security-Policy; `map_style` is the setting of that name."""
    parts = urlsplit(map_style)
    foreign = f" {parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
    # A foreign style names further hosts for its tiles: any https address then, but for scripts and styles.
    tiles = f"{foreign} https:" if foreign else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob:{tiles}",
            "font-src 'self'",
            f"connect-src 'self'{tiles}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


class Guarded:
    """ASGI: adds the security headers to every answer."""

    def __init__(
        self, app: ASGIApp, *, stop: Callable[[], Awaitable[None]], map_style: str = "", https: bool = False
    ) -> None:
        self._app = app
        self.stop = stop
        headers = {
            "content-security-policy": policy(map_style),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
        }
        if https:
            headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        self._headers = [(k.encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == ScopeType.HTTP else send)


def csrf_secret(data: Path) -> str:
    """The installation's own secret for CSRF tokens: made once, so that forms survive a restart."""
    file = data / "secrets" / "web-csrf"
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = secrets.token_hex(32)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another start was faster
        return file.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(made)
    return made
