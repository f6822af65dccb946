"""Loading an extract for a tenant, and what is known of it."""

from __future__ import annotations

from pathlib import Path

from rhinecloud.base.errors import NonexistentTenant

from .network import FILE, About, Network, build
from .reading import dated, digest, stretches


def import_extract(folder: Path, file: Path, now: int) -> About:
    """Makes the network of an extract that of a tenant, whose folder this is; a running city takes it up by itself.

    Raises:
        BadRequestData: it is no extract, or has no streets. NonexistentTenant: there is no such folder.
    """
    if not folder.is_dir():
        raise NonexistentTenant(f"Tenant {folder.name} does not exist")
    streets = list(stretches(file))
    made = build(streets, name=file.name, sha256=digest(file), dated=dated(file), now=now)
    made.save(folder / FILE)
    return made.about


def known_of(folder: Path) -> About | None:
    """What is loaded; None: nothing."""
    file = folder / FILE
    return Network.load(file).about if file.exists() else None


def remove(folder: Path) -> bool:
    """Ways are estimates again. Whether there was a network."""
    there = (folder / FILE).exists()
    (folder / FILE).unlink(missing_ok=True)
    return there
