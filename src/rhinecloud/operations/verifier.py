"""Verifies an exported log. Stands alone: Python's own library is enough, so whoever is given a log can check it.

    python verifier.py LOG.jsonl [--head HASH]

An export is JSON, an object a line: `log` (which incident), `entry`, `anchor`. An entry's hash is SHA-256 over the
canonical JSON of its header (RFC 8785; the header holds strings, integers and lists alone); the header holds the hash
of the entry before it and the commitment to its content, SHA-256 over a random salt and the content. Content that was
erased, or that the reader may not see, is left out; the chain holds all the same. An anchor is a link of the chain
that runs through all logs of a tenant; the newest tells how long this log has to be.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Break(NamedTuple):
    """A place where the log is not what was written."""

    seq: int
    reason: str


def canonical(value: Mapping[str, Any]) -> str:
    """Source: RFC 8785, for objects whose names are ASCII and whose numbers are integers."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def commitment(salt: str, content: str) -> str:
    """What an entry says of its content; without the salt nobody can guess at what was erased."""
    return hashlib.sha256(f"{salt}\n{content}".encode()).hexdigest()


def verify(entries: Iterable[Mapping[str, Any]], anchors: Iterable[Mapping[str, Any]] = ()) -> list[Break]:
    """Everything in one incident's log that does not fit.

    Args:
        entries: in order; seq, prev, hash, and header, salt, content where they may be seen.
        anchors: the links of the tenant's chain that belong to this log.
    """
    breaks: list[Break] = []
    hashes: dict[int, str] = {}
    expected, previous = 1, ""
    for entry in entries:
        seq = int(entry["seq"])
        if seq != expected:
            breaks.append(Break(min(seq, expected), f"entry {seq} stands where {expected} belongs"))
        breaks += _entry(entry, previous if seq == expected else None)
        hashes[seq] = previous = str(entry["hash"])
        expected = seq + 1
    return breaks + _against(anchors, hashes)


def _entry(entry: Mapping[str, Any], previous: str | None) -> list[Break]:
    seq, breaks = int(entry["seq"]), []
    header = entry.get("header")
    if header is not None:
        if digest(header) != entry["hash"]:
            breaks.append(Break(seq, "the entry was changed"))
        if header.get("seq") != seq or header.get("prev") != entry["prev"]:
            breaks.append(Break(seq, "the entry says another place in the log of itself"))
        content, salt = entry.get("content"), entry.get("salt")
        if content is not None and (salt is None or commitment(salt, content) != header.get("commitment")):
            breaks.append(Break(seq, "the content is not the one that was written"))
    if previous is not None and entry["prev"] != previous:
        breaks.append(Break(seq, "the entry does not follow the one before it"))
    return breaks


def _against(anchors: Iterable[Mapping[str, Any]], hashes: Mapping[int, str]) -> list[Break]:
    breaks = []
    for anchor in anchors:
        seq = int(anchor["seq"])
        if anchor["hash"] != link(anchor):
            breaks.append(Break(seq, f"link {anchor['number']} of the tenant's chain was changed"))
        if seq not in hashes:
            breaks.append(Break(seq, "the entry was cut off"))
        elif hashes[seq] != anchor["head"]:
            breaks.append(Break(seq, "the entry has another hash than when it was written"))
    return breaks


def link(anchor: Mapping[str, Any]) -> str:
    """The hash of a link of the tenant's chain."""
    return digest({name: anchor[name] for name in ("number", "incident", "seq", "head", "prev")})


def verify_chain(links: Iterable[Mapping[str, Any]], noted: Mapping[int, str]) -> list[Break]:
    """Everything in a tenant's chain that does not fit it, or what was noted of it elsewhere (number → hash)."""
    breaks: list[Break] = []
    expected, previous, seen = 1, "", 0
    for each in links:
        number = int(each["number"])
        if number != expected:
            breaks.append(Break(expected, f"links {expected} to {number - 1} of the tenant's chain are missing"))
        elif each["prev"] != previous:
            breaks.append(Break(number, "the link does not follow the one before it"))
        if link(each) != each["hash"]:
            breaks.append(Break(number, f"link {number} of the tenant's chain was changed"))
        if noted.get(number, each["hash"]) != each["hash"]:
            breaks.append(Break(number, f"link {number} has another hash than was noted"))
        expected, previous, seen = number + 1, str(each["hash"]), number
    if noted and max(noted) > seen:
        breaks.append(Break(seen + 1, f"links {seen + 1} to {max(noted)} of the tenant's chain were cut off"))
    return breaks


def main(arguments: list[str]) -> int:
    """0: it verifies; 1: it does not; 2: it cannot be read."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        lines = [json.loads(line) for line in Path(arguments[0]).read_text("utf-8").splitlines() if line.strip()]
        entries = [line for line in lines if line["record"] == "entry"]
        anchors = [line for line in lines if line["record"] == "anchor"]
        breaks = verify(entries, anchors)
        if "--head" in arguments:
            head = arguments[arguments.index("--head") + 1]
            if head not in {str(e["hash"]) for e in entries} | {str(a["hash"]) for a in anchors}:
                breaks.append(Break(len(entries) + 1, f"the head {head} is not in this log"))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        sys.stderr.write(f"This is no exported log: {error!r}\n")
        return 2
    hidden = sum(1 for e in entries if e.get("content") is None)
    for broken in breaks:
        sys.stdout.write(f"✗ {broken.seq}: {broken.reason}\n")
    sys.stdout.write(f"{len(entries)} entries, {hidden} without content, {len(breaks)} breaks\n")
    return 1 if breaks else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
