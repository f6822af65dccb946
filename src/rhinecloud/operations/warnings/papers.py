"""The city's profile and its templates: small documents, each version kept. Where the city has none, ours count."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations.tables import Shelf, Work

from .declare import Profile, Template
from .rules import FORBIDDEN
from .starting import PROFILES, TEMPLATES

T = TypeVar("T", Profile, Template)
_KIND: Final[dict[type[Profile | Template], str]] = {Profile: "profile", Template: "template"}
_encode = msgspec.json.Encoder().encode


def _newest(asked: Work | Shelf, kind: type[T], paper: str) -> T | None:
    rows = asked.rows(
        "SELECT body FROM warning_paper WHERE kind = ? AND id = ? ORDER BY version DESC LIMIT 1", _KIND[kind], paper
    )
    return msgspec.json.decode(rows[0][0], type=kind) if rows else None


def _keep(work: Work, paper: str, given: T, known: int) -> T:
    if given.version != known:
        raise Conflict(f"It is of version {known} by now, not {given.version}", version=known)
    kept = msgspec.structs.replace(given, version=known + 1)
    work.run(
        "INSERT INTO warning_paper VALUES (?, ?, ?, ?, ?, ?)",
        *(_KIND[type(given)], paper, kept.version, work.now, work.by.who, _encode(kept)),
    )
    work.tell(f"warning.{_KIND[type(given)]}", paper, version=kept.version)
    return kept


def profile(asked: Work | Shelf, tenant: str) -> Profile:
    """The city's own, else what it starts with; a tenant for its drills starts as the city does."""
    found = _newest(asked, Profile, "")
    start = next((p for name, p in PROFILES.items() if tenant == name or tenant.startswith(f"{name}-")), None)
    return found or start or Profile(sender=f"warnings.{tenant}", sender_name=tenant)


def save_profile(work: Work, given: Profile) -> Profile:
    """Raises: BadRequestData. Conflict: somebody saved another version in between."""
    if not given.sender or FORBIDDEN.search(given.sender):
        raise BadRequestData("The sender is a name without blanks, commas, < and &, such as warnings@city.example")
    if not given.sender_name.strip():
        raise BadRequestData("The sender needs a name that people read")
    if given.regional_key and not (given.regional_key.isdigit() and len(given.regional_key) == 12):
        raise BadRequestData("A regional key (ARS) has 12 digits")
    if not 8 <= given.corners <= 500:
        raise BadRequestData("An area is written with 8 to 500 corners")
    if any(zone.people < 0 for zone in given.zones):
        raise BadRequestData("Nowhere live fewer than no people")
    known = _newest(work, Profile, "")
    return _keep(work, "", given, known.version if known else 0)


def templates(asked: Work | Shelf) -> list[Template]:
    """All of them, by title."""
    ids = [i for (i,) in asked.rows("SELECT DISTINCT id FROM warning_paper WHERE kind = 'template'")]
    own = {i: found for i in ids if (found := _newest(asked, Template, i)) is not None}
    every = {t.id: t for t in TEMPLATES} | own
    return sorted(every.values(), key=lambda t: t.title.de)


def template(asked: Work | Shelf, template_id: str) -> Template:
    found = next((t for t in templates(asked) if t.id == template_id), None)
    if found is None:
        raise ResourceNotFound(f"There is no template {template_id[:40]!r}")
    return found


def save_template(work: Work, given: Template) -> Template:
    """Raises: BadRequestData. Conflict."""
    if not given.id or not all(c.isalnum() or c in "._-" for c in given.id) or len(given.id) > 60:
        raise BadRequestData("A template's id has letters, digits, '.', '_' and '-', at most 60")
    if not given.title.de.strip() or not given.draft.texts:
        raise BadRequestData("A template needs a title and a text")
    known = _newest(work, Template, given.id)
    return _keep(work, given.id, msgspec.structs.replace(given, who=work.by.who), known.version if known else 0)
