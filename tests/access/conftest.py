"""One suite over both databases: SQLite always, PostgreSQL where a server of it can be started here."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rhinecloud.access import Access
from rhinecloud.base.declare import EntityType, Label, Model
from rhinecloud.base.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import HeldClock


WORD = Label("Wort", "word")
PARK = EntityType(
    name="OffStreetParking", label=WORD, plural=WORD, subject="dataModel.Parking", icon="car", attributes=(), open=True
)
MODEL = Model([PARK])


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server of our own (its cluster in a temporary folder), with a database `postgres`."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here")
    pytest.importorskip("psycopg", reason="the PostgreSQL driver psycopg is not installed")
    # The server refuses to run as root; it then runs as the user that its package made.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    try:
        owner = pwd.getpwnam(user)
    except KeyError:
        pytest.skip("the tests run as root and there is no user postgres to run the server as")
    folder = Path(tempfile.mkdtemp(prefix="rc-pg-"))
    os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(*command: str) -> None:
        as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=60, **as_user)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    try:
        run(str(programs / "initdb"), "-D", data, "-U", "rhine", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        run(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {error.stderr.decode()[-200:]}")
    yield f"postgresql+psycopg://rhine@127.0.0.1:{port}"
    run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data=tmp_path)
    server = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex[:12]}"
    from sqlalchemy import create_engine

    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    engine.dispose()
    return Settings(data=tmp_path, database_url=f"{server}/{name}")


@pytest.fixture
def access(settings: Settings, held_clock: HeldClock) -> Iterator[Access]:
    with Access(settings, held_clock, model=MODEL) as opened:
        yield opened
