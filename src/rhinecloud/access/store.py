"""The database of this room: opened, brought to the newest schema, read and written.

Alembic is imported only when the schema is not the newest: it takes as long as the rest of a start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from rhinecloud.base.database import engine
from rhinecloud.base.errors import Unavailable

from .tables import state

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD: Final = "0002"
"""The newest step in `migrations/versions`; a test compares."""
REVISIONS: Final = "access_revision"


class Store:
    """Blocking; any thread may use it.

    Args:
        url: SQLAlchemy's, `sqlite:///…` or `postgresql+psycopg://…`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = engine(url)
        for patience in range(50, -1, -1):
            try:
                if self._revision() != HEAD:
                    self._migrate()
                break
            except Unavailable as error:
                # Two first starts at once: SQLite refuses to switch to its log twice at a time, without waiting.
                if "database is locked" not in error.detail or not patience:
                    raise
                time.sleep(0.1)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading.

        Raises:
            Unavailable: the database does not answer.
        """
        with _translated(), self._engine.connect() as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed, durably, when the block ends well. Its first statement has to write, so that it
        waits for its turn there and not half way, where SQLite would refuse it.
        """
        with _translated(), self._engine.begin() as db:
            yield db

    def versions(self) -> dict[str, int]:
        """How often people, tokens, sessions and tenants changed: one SELECT of five rows."""
        with self.read() as db:
            return {row.name: row.number for row in db.execute(select(state.c.name, state.c.number))}

    def _revision(self) -> str:
        try:
            with self._engine.connect() as db:
                return str(db.execute(text(f"SELECT version_num FROM {REVISIONS}")).scalar() or "")  # noqa: S608
        except DatabaseError as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return ""
            raise Unavailable(f"The access database does not answer: {error.orig}") from error

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        with _translated(), self._engine.begin() as db:
            # Two processes may start at once: the second waits here and then finds the work done.
            db.exec_driver_sql(
                "BEGIN IMMEDIATE" if db.dialect.name == "sqlite" else "SELECT pg_advisory_xact_lock(72656)"
            )
            if self._revision_within(db) not in known | {""}:
                raise Unavailable("The access database is of a newer version than this program; install a newer one")
            config.attributes["connection"] = db
            command.upgrade(config, "head")

    def _revision_within(self, db: Connection) -> str:
        if not db.dialect.has_table(db, REVISIONS):
            return ""
        return str(db.execute(text(f"SELECT version_num FROM {REVISIONS}")).scalar() or "")  # noqa: S608


@contextmanager
def _translated() -> Iterator[None]:
    """A database that does not answer is our Unavailable; a broken constraint stays what it is."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(f"The access database does not answer: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated or type(error) is DatabaseError:  # gone, or damaged
            raise Unavailable(f"The access database cannot be used: {error.orig}") from error
        raise
