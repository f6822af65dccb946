"""The database: its migrations, its files, and what happens when it is not as expected."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from rhinecloud.access import Access, system
from rhinecloud.access.store import HEAD, Store
from rhinecloud.access.tables import metadata
from rhinecloud.base.errors import Unavailable
from rhinecloud.base.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import HeldClock


def test_the_migrations_end_where_the_tables_are(access: Access) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    import rhinecloud.access

    config = Config()
    config.set_main_option("script_location", str(Path(rhinecloud.access.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    with access._store._engine.connect() as db:
        context = MigrationContext.configure(db, opts={"version_table": "access_revision", "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_start_does_not_import_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from rhinecloud.access import Access; from rhinecloud.base.settings import Settings\n"
        "with Access(Settings(data=Path(sys.argv[1]))): pass\n"
        "print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]


def test_several_first_starts_at_once_make_one_schema(settings: Settings, held_clock: HeldClock) -> None:
    failures: list[Exception] = []

    def begin() -> None:
        try:
            with Access(settings, held_clock):
                pass
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Access(settings, held_clock) as access:
        assert [t.name for t in access.tenants.list()] == ["city"]


def test_a_database_of_a_newer_version_is_refused(settings: Settings, held_clock: HeldClock) -> None:
    with Access(settings, held_clock) as access, access._store.write() as db:
        db.execute(text("UPDATE access_revision SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer version"), Access(settings, held_clock):
        pass


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "access.db").write_bytes(b"this is no database, but a text of some length" * 100)
    with pytest.raises(Unavailable), Access(Settings(data=tmp_path)):
        pass


def test_a_server_that_is_not_there_is_unavailable() -> None:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver psycopg is not installed")
    with pytest.raises(Unavailable):
        Store("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")


def test_secrets_and_the_database_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    with Access(Settings(data=tmp_path / "d", oidc_issuer="https://id.example")) as access:
        access.oidc()
        access.audit(system("x"), "a", "b", tenant="")
        for path, mode in (
            ("secrets", 0o700),
            ("secrets/audit.heads", 0o600),
            ("secrets/oidc.key", 0o600),
            ("access.db", 0o600),
        ):
            assert stat.S_IMODE((tmp_path / "d" / path).stat().st_mode) == mode


def test_a_secrets_folder_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    with Access(Settings(data=tmp_path)):
        assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_an_open_installation_lets_everyone_do_everything(tmp_path: Path) -> None:
    with Access(Settings(data=tmp_path, open=True)) as access:
        who = access.anonymous()
        access.allow(who, "entities.write", "anything")
        assert access.readable_types(who, "anything") is None
        access.tenants.ensure("new-one")
        assert access.tenants.exists("new-one")
