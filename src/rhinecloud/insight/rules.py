"""The rules of a tenant: those that packs declare, those that a city changed, and its own; every version is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.base.shelf import Shelf

from .declare import Rule, RuleVersion

OWN: Final = "own."
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,118}[a-z0-9])?\Z")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Rule).decode


class Rules:
    """Of one tenant. `declared` are the rules of all packs that are installed, whether on or off."""

    def __init__(self, shelf: Shelf, declared: Iterable[Rule], now: int) -> None:
        self._shelf = shelf
        self._declared = {rule.id: rule for rule in declared}
        self._kept: dict[str, RuleVersion] = {}  # the newest version of each
        self._switched: dict[str, bool] = {}
        self._load()
        self._adopt(now)

    def _load(self) -> None:
        rows: list[Any] = self._shelf.rows("SELECT version, body, saved_us, who, id FROM rule ORDER BY id, version")
        self._kept = {}
        for version, body, saved_us, who, rule_id in rows:
            if body is None:
                self._kept.pop(rule_id, None)
            else:
                self._kept[rule_id] = RuleVersion(_version(body, version), saved_us, who)
        self._switched = {str(i): bool(on) for i, on in self._shelf.rows("SELECT id, is_on FROM switched")}

    def _adopt(self, now: int) -> None:
        """Takes over what packs declare anew, unless the city has changed the rule."""
        fresh = []
        for rule in self._declared.values():
            kept = self._kept.get(rule.id)
            if kept is None or (kept.who.startswith("pack:") and not _same(kept.rule, rule)):
                fresh.append(rule)
        if fresh:
            with self._shelf.transaction() as db:
                for rule in fresh:
                    self._put(db, rule, f"pack:{rule.pack}", now)

    def _put(self, db: Any, rule: Rule, who: str, now: int) -> Rule:
        last = db.execute("SELECT max(version) FROM rule WHERE id = ?", (rule.id,)).fetchone()[0] or 0
        made = msgspec.structs.replace(rule, version=last + 1)
        db.execute("INSERT INTO rule VALUES (?, ?, ?, ?, ?)", (rule.id, made.version, _encode(made), now, who))
        self._kept[rule.id] = RuleVersion(made, now, who)
        return made

    def all(self, packs: Collection[str]) -> list[Rule]:
        """Every rule, on or off, without those of packs that are not in `packs`; by id."""
        found = [
            self._stated(kept.rule)
            for kept in self._kept.values()
            if not kept.rule.pack or (kept.rule.pack in packs and kept.rule.id in self._declared)
        ]
        return sorted(found, key=lambda rule: rule.id)

    def get(self, rule_id: str) -> Rule:
        """Raises: ResourceNotFound."""
        kept = self._kept.get(rule_id)
        if kept is None:
            raise ResourceNotFound(f"Rule {rule_id[:80]} does not exist")
        return self._stated(kept.rule)

    def _stated(self, rule: Rule) -> Rule:
        on = self._switched.get(rule.id, rule.on)
        return rule if rule.on is on else msgspec.structs.replace(rule, on=on)

    def versions(self, rule_id: str) -> list[RuleVersion]:
        """All versions, the newest first; also of a rule that was deleted."""
        rows: list[Any] = self._shelf.rows(
            "SELECT version, body, saved_us, who FROM rule WHERE id = ? AND body IS NOT NULL ORDER BY version DESC",
            rule_id,
        )
        return [RuleVersion(_version(body, version), saved_us, who) for version, body, saved_us, who in rows]

    def changed(self, rule_id: str) -> bool:
        """Whether the city made something else of a rule that a pack declares."""
        kept, declared = self._kept.get(rule_id), self._declared.get(rule_id)
        return kept is not None and declared is not None and not _same(kept.rule, declared)

    def save(self, rule: Rule, who: str, now: int) -> Rule:
        """Keeps a new version; one that says the same as the last is not kept again.

        Raises:
            BadRequestData: it cannot be called so.
        """
        rule = self._named(rule)
        kept = self._kept.get(rule.id)
        with self._shelf.transaction() as db:
            if kept is None or not _same(kept.rule, rule):
                self._put(db, rule, who, now)
            self._switch(db, rule.id, rule.on, who, now)
        return self.get(rule.id)

    def _named(self, rule: Rule) -> Rule:
        kept = self._kept.get(rule.id)
        if kept is not None:
            return msgspec.structs.replace(rule, pack=kept.rule.pack)
        if not rule.id or rule.id == OWN:
            start = made = OWN + slug(rule.title.en or rule.title.de)
            number = 2
            while made in self._kept or self.versions(made):
                made, number = f"{start}-{number}", number + 1
            return msgspec.structs.replace(rule, id=made, pack="")
        if not _ID.match(rule.id):
            raise BadRequestData(f"{rule.id[:80]!r} cannot be a rule's id: small letters, digits, dots, - and _")
        if rule.pack:
            raise BadRequestData(f"The pack {rule.pack} declares no rule {rule.id}; a city's own rule has no pack")
        return rule

    def switch(self, rule_id: str, on: bool, who: str, now: int) -> Rule:
        """Raises: ResourceNotFound."""
        self.get(rule_id)
        with self._shelf.transaction() as db:
            self._switch(db, rule_id, on, who, now)
        return self.get(rule_id)

    def _switch(self, db: Any, rule_id: str, on: bool, who: str, now: int) -> None:
        db.execute("INSERT OR REPLACE INTO switched VALUES (?, ?, ?, ?)", (rule_id, on, who, now))
        self._switched[rule_id] = on

    def delete(self, rule_id: str, who: str, now: int) -> None:
        """Takes an own rule away, its versions kept; a pack's rule goes back to what the pack declares.

        Raises:
            ResourceNotFound. Conflict: it is as the pack declares it.
        """
        rule = self.get(rule_id)
        declared = self._declared.get(rule_id)
        if declared is not None and not self.changed(rule_id):
            raise Conflict(f"Rule {rule_id} comes with the pack {rule.pack} and can only be switched off")
        with self._shelf.transaction() as db:
            if declared is not None:
                self._put(db, declared, f"pack:{declared.pack}", now)
                return
            db.execute("INSERT INTO rule VALUES (?, ?, NULL, ?, ?)", (rule_id, rule.version + 1, now, who))
            db.execute("DELETE FROM switched WHERE id = ?", (rule_id,))
        self._kept.pop(rule_id)
        self._switched.pop(rule_id, None)


def slug(text: str) -> str:
    """A short name made of a title: "Ruhr über 3 m" → "ruhr-ueber-3-m"."""
    spelt = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "rule"


def _same(one: Rule, other: Rule) -> bool:
    return msgspec.structs.replace(one, version=0, on=True) == msgspec.structs.replace(other, version=0, on=True)


def _version(body: bytes, version: int) -> Rule:
    return msgspec.structs.replace(_decode(body), version=version)
