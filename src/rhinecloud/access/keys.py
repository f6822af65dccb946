"""Random secrets, their hashes, and the folder for what only this installation may know."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path


def secret(prefix: str = "", bits: int = 160) -> str:
    """A new secret of lower-case letters and digits, which can be dictated and selected with a double click."""
    return prefix + base64.b32encode(secrets.token_bytes(bits // 8)).decode().rstrip("=").lower()


def short_id(prefix: str) -> str:
    """A name for a record that is no secret."""
    return prefix + secrets.token_hex(6)


def digest(value: str) -> str:
    """SHA-256, hexadecimal. Enough for secrets of 160 random bits; passwords go through Argon2id instead."""
    return hashlib.sha256(value.encode()).hexdigest()


def folder(data: Path) -> Path:
    """`DATA/secrets`, readable by its owner alone, whatever the umask says."""
    path = data / "secrets"
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def key(data: Path, name: str) -> bytes:
    """A key of 32 bytes that is made once and then stays."""
    path = folder(data) / name
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        found = path.read_bytes()
        if len(found) != 32:
            raise ValueError(f"{path} is not a key of 32 bytes; delete it to have a new one made") from None
        return found
    made = secrets.token_bytes(32)
    with os.fdopen(handle, "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    return made
