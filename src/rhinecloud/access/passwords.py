"""Passwords: how they are kept, and which are refused.

Source: OWASP Password Storage Cheat Sheet (Argon2id, 19 MiB, two passes, one lane); NIST SP 800-63B, 3.1.1 (length over
composition rules).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from rhinecloud.base.errors import BadRequestData

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 12
LONGEST: Final = 256  # more would only cost time

# Each check takes 19 MiB and some 40 ms: a flood of sign-ins must not take all memory and every thread.
_turnstile = threading.BoundedSemaphore(2)
# Of no password: checked when there is no such person, so that the answer takes as long.
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$cGxhY2Vob2xkZXJzYWx0$m1m8oCFkZPPtxWXkBIsEHZtq5Pu0eRmvnhGuGX3v8zk"


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check(password: str, name: str) -> None:
    """Refuses what is too easy to guess.

    Raises:
        BadRequestData: too short, too long, the person's own name, or hardly any different characters.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequestData(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}")
    if name.casefold() in password.casefold() and len(password) < 2 * len(name) + 4:
        raise BadRequestData("The password is hardly more than the name; choose another")
    if len(set(password)) < 5:
        raise BadRequestData("The password repeats the same few characters; choose another")


def encode(password: str) -> str:
    """Argon2id of a password, with its parameters and salt."""
    with _turnstile:
        return _hasher().hash(password)


def verify(kept: str | None, password: str) -> bool:
    """Whether it is the password; takes the same time where there is none."""
    from argon2.exceptions import VerificationError

    with _turnstile:
        try:
            _hasher().verify(kept or _NOBODY, password[: LONGEST + 1])
        except VerificationError:
            return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether it was made with other parameters than ours are now."""
    return _hasher().check_needs_rehash(kept)
