"""The commands' way to the running city: its HTTP APIs, with the token that only this machine's user can read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from rhinecloud.base.errors import Forbidden, Refused, RhineError, Unavailable

from .lock import running

TOKEN = Path("secrets") / "cli.token"


class Client:
    """Requests to the city that runs on a data directory; a context manager."""

    def __init__(self, data: Path, *, tenant: str = "", timeout_s: float = 60) -> None:
        note = running(data)
        headers = {"Accept": "application/json"}
        if tenant:
            headers["NGSILD-Tenant"] = tenant
        if token := read_token(data):
            headers["Authorization"] = f"Bearer {token}"
        self.url = note.url
        self.mqtt_port = note.mqtt_port
        self._http = httpx.Client(base_url=note.url, headers=headers, timeout=timeout_s, trust_env=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> httpx.Response:
        """One request.

        Args:
            accept: statuses besides 2xx that are an answer, not an error.
        Raises:
            Refused: the city says no; its reason is the message.
            Unavailable: it does not answer.
        """
        try:
            answer = self._http.request(method, path, json=json, content=content, params=params, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable(f"The city at {self.url} does not answer: {error}") from error
        if answer.is_success or answer.status_code in accept:
            return answer
        raise _error(answer)

    def get(self, path: str, *, params: dict[str, Any] | None = None, accept: Collection[int] = ()) -> Any:
        return self.request("GET", path, params=params, accept=accept).json()


def read_token(data: Path) -> str:
    """The local token; "" where there is none, as in an open city."""
    try:
        return (data / TOKEN).read_text("ascii").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Forbidden(
            f"{data / TOKEN} cannot be read: {error.strerror}. Run this as the user who runs the city"
        ) from error


def _error(answer: httpx.Response) -> RhineError:
    try:
        problem = answer.json()
        text = problem.get("detail") or problem.get("title") or str(problem)
    except (ValueError, AttributeError):
        text = answer.text[:300] or answer.reason_phrase
    family = Unavailable if answer.status_code >= 500 else Refused
    return family(f"{text} (HTTP {answer.status_code})", http_status=answer.status_code)
