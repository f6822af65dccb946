"""Runs payload codecs (JavaScript) in QuickJS: no file, no network, no clock to wait on; little memory, little time.

One thread of our own runs them all: a QuickJS runtime belongs to the thread that made it, and the event loop goes on.
Each codec keeps its context, so that a call costs some 20 µs; one that ran out of time or memory is made anew. Every
entry point in use is understood::

    decodeUplink({bytes, fPort, recvTime, variables, radio}) → {data, warnings, errors}     LoRa Alliance TS013
    Decode(fPort, bytes, variables) → object                                                ChirpStack v3
    Decoder(bytes, port) → object, then Converter(object, port)                             The Things Network v2

as a script, with `exports` / `module.exports`, or with `export` as a module. `radio` is ours: counter, frequency,
spreadingFactor, rssi, snr.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from rhinecloud.base.errors import Unreadable

from .codecs import script

TIME_LIMIT_S: Final = 0.25  # of the process's CPU time, a call
MEMORY_LIMIT: Final = 16 * 1024**2
STACK_LIMIT: Final = 512 * 1024
CONTEXTS: Final = 64
BUDGET_S: Final = 2.0
"""Time that one device's payloads may take in a minute; after that they wait in quarantine."""
MAX_ANSWER: Final = 256 * 1024

Value = TypeVar("Value")


class Call(NamedTuple):
    """One payload for one codec."""

    codec: str  # its id, for messages
    source: str
    device: str  # "tenant/device", whose budget it is
    port: int | None
    data: bytes
    observed_ms: int | None
    radio: dict[str, Any]
    variables: dict[str, str]


class Answer(NamedTuple):
    """What a codec gave. `error` may stand beside `data`: what it read before it could not go on."""

    data: dict[str, Any]
    error: Unreadable | None
    notes: tuple[str, ...]  # warnings, and what it wrote to the console


class CodecHost:
    """The sandbox. Close it when the city stops."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="codec")
        self._functions: OrderedDict[tuple[str, str], tuple[Any, Any]] = OrderedDict()  # used in that thread only
        self._spent: dict[str, float] = {}
        self._minute = 0

    async def run(self, work: Callable[[], Value]) -> Value:
        """Does `work` in the codecs' thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def run_now(self, work: Callable[[], Value]) -> Value:
        """As `run`, waiting for it."""
        return self._thread.submit(work).result()

    def close(self) -> None:
        self._thread.submit(self._functions.clear).result()
        self._thread.shutdown()

    def answer(self, call: Call) -> Answer:
        """Decodes one payload, in the codecs' thread only. Whatever a codec does, the answer says so."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._spent = minute, {}
        if self._spent.get(call.device, 0.0) > BUDGET_S:
            return _failed(
                f"Codec {call.codec} took more than {BUDGET_S:.0f} s for this device within a minute;"
                " make it faster, then replay",
                "codec too slow",
            )
        began = time.perf_counter()
        try:
            return self._answer(call)
        finally:
            self._spent[call.device] = self._spent.get(call.device, 0.0) + time.perf_counter() - began

    def _answer(self, call: Call) -> Answer:
        import quickjs

        key = (call.codec, call.source)
        given = {
            "bytes": list(call.data),
            "fPort": call.port,
            "recvTime": call.observed_ms,
            "variables": call.variables,
            "radio": call.radio,
        }
        try:
            text = self._function(key)(msgspec.json.encode(given).decode())
        except (quickjs.JSException, quickjs.StackOverflow, MemoryError, RuntimeError, UnicodeError) as error:
            self._functions.pop(key, None)  # out of time or memory, a context is not whole any more
            return _failed(_explain(call.codec, str(error)), "codec failed")
        return _read(call.codec, text)

    def _function(self, key: tuple[str, str]) -> Any:
        found = self._functions.get(key)
        if found is None:
            import quickjs

            context = quickjs.Context()
            context.set_memory_limit(MEMORY_LIMIT)
            context.set_max_stack_size(STACK_LIMIT)
            context.set_time_limit(TIME_LIMIT_S)
            found = (context.eval(script("sandbox-head.js") + _script(key[1]) + script("sandbox-tail.js")), context)
            self._functions[key] = found
            while len(self._functions) > CONTEXTS:
                self._functions.popitem(last=False)
        self._functions.move_to_end(key)
        return found[0]


_EXPORT = re.compile(r"^(\s*)export\s+(default\s+)?(?=(async\s+)?function|var|let|const|class)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^\s*export\s+(?:default\s+)?(\{[^}]*\}|[\w$.]+)\s*;?\s*$", re.MULTILINE)


def _script(source: str) -> str:
    """A module's `export` in front of a declaration goes; what it exports is then found by its name."""
    return _EXPORT_LIST.sub("", _EXPORT.sub(r"\1", source))


def _explain(codec: str, error: str) -> str:
    first = error.strip().splitlines()[0][:300] if error.strip() else ""
    if first == "InternalError: interrupted":
        return f"Codec {codec} was stopped after {TIME_LIMIT_S} s; it may loop for ever"
    if first in ("null", "") or "out of memory" in first:
        return f"Codec {codec} used more than {MEMORY_LIMIT // 1024**2} MB of memory"
    return f"Codec {codec} failed: {first}"


def _failed(detail: str, reason: str) -> Answer:
    return Answer({}, Unreadable(detail, reason=reason), ())


def _read(codec: str, text: Any) -> Answer:
    if not isinstance(text, str) or len(text) > MAX_ANSWER:
        return _failed(f"Codec {codec} gives more than {MAX_ANSWER // 1024} kB", "codec failed")
    try:
        told = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        return _failed(f"Codec {codec} gives no JSON: {error}", "codec failed")
    answer, noted = told.get("answer"), told.get("noted") or []
    if not isinstance(answer, dict):
        return _failed(f"Codec {codec} gives no object with data; it gives {str(answer)[:60]}", "codec failed")
    data, errors, warnings = answer.get("data"), _words(answer.get("errors")), _words(answer.get("warnings"))
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        if data is not None or not errors:
            return _failed(f"Codec {codec} gives {str(data)[:60]} as data, not an object", "codec failed")
        data = {}
    failed = Unreadable(f"Codec {codec}: {'; '.join(errors)}"[:500], reason="codec error") if errors else None
    return Answer(data, failed, (*warnings, *map(str, noted))[:20])


def _words(value: Any) -> list[str]:
    return [str(v)[:200] for v in (value if isinstance(value, list) else [value])][:20] if value else []
