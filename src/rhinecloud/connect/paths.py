"""The small path language of mappings: where in a JSON document a value stands.

    $.a.b              members             $['with blank']     members with odd names
    $.a[0]  $.a[-1]    from the front, from the end
    $.a[name='W']      the first object of a list whose member `name` is "W"
    $                  the document itself; where a mapping takes readings one by one, the reading
    $$.a               the whole message, also inside a reading

A path is compiled once to a function that returns `MISSING` where there is nothing: no exceptions on the hot path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from rhinecloud.base.errors import BadRequestData


class _Missing:
    def __repr__(self) -> str:
        return "nothing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
Get = Callable[[Any], Any]
Step = str | int | tuple[str, str]

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]'"\s]+)
      | \[\s*(?P<index>-?\d+)\s*\]
      | \[\s*(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\s*\]
      | \[\s*(?P<key>[^\[\]='"\s]+)\s*=\s*(?P<q2>['"]?)(?P<value>[^'"\]]*)(?P=q2)\s*\]""",
    re.VERBOSE | re.DOTALL,  # a key of a document may hold a line break
)


def parse(path: str) -> list[Step]:
    """Steps of a path after its `$` or `$$`.

    Raises:
        BadRequestData: not a path; the message points at the place.
    """
    text = path.strip()
    if not text.startswith("$"):
        raise BadRequestData(f"Path {path[:80]!r} begins with $, the document; write e.g. $.{text[:40] or 'level'}")
    at, steps = (2 if text.startswith("$$") else 1), list[Step]()
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise BadRequestData(
                f"Path {path[:80]!r} is not understood from {text[at : at + 20]!r} on; there are"
                " .name, [0], ['name'] and [name='value']"
            )
        if match["name"] is not None:
            steps.append(match["name"])
        elif match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["quoted"] is not None:
            steps.append(match["quoted"])
        else:
            steps.append((match["key"], match["value"]))
        at = match.end()
    return steps


def compile_path(path: str) -> Get:
    """A function from a document to what stands at `path`, or `MISSING`."""
    steps = parse(path)
    if not steps:
        return lambda document: document
    if len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]
        return lambda document: document.get(name, MISSING) if type(document) is dict else MISSING
    return lambda document: _walk(document, steps)


def _walk(document: Any, steps: list[Step]) -> Any:
    for step in steps:
        if type(step) is str:
            if type(document) is not dict or step not in document:
                return MISSING
            document = document[step]
        elif type(document) is not list:
            return MISSING
        elif type(step) is int:
            if not -len(document) <= step < len(document):
                return MISSING
            document = document[step]
        elif type(step) is tuple:
            key, value = step
            document = next((x for x in document if isinstance(x, dict) and str(x.get(key)) == value), MISSING)
            if document is MISSING:
                return MISSING
    return document


def explain(document: Any, path: str) -> str:
    """How far a path leads in a document, for the one who mends the mapping."""
    at, here = "$", document
    for step in parse(path):
        following = _walk(here, [step])
        if following is MISSING:
            return f"{at} is {describe(here)}" + (f", without {_shown(step)}" if isinstance(here, dict | list) else "")
        here, at = following, f"{at}{_shown(step)}"
    return f"{at} is {describe(here)}"


def _shown(step: Step) -> str:
    if isinstance(step, str):
        return f".{step}"
    return f"[{step}]" if isinstance(step, int) else f"[{step[0]}='{step[1]}']"


def describe(value: Any) -> str:
    """What a JSON value is, in a few words."""
    if isinstance(value, dict):
        names = ", ".join(list(map(str, value))[:8])
        return f"an object with {names[:120]}{' …' if len(value) > 8 else ''}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None or value is MISSING:
        return "null" if value is None else "nothing"
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
