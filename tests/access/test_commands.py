"""`rhinecloud user | token | tenant | audit`, on an installation that somebody else has open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from rhinecloud.access import Access, Grant
from rhinecloud.base.errors import Refused
from rhinecloud.base.settings import Settings
from rhinecloud.cli.people import audit_app, tenant_app, token_app, user_app

COMMANDS = typer.Typer()
for name, part in (("user", user_app), ("token", token_app), ("tenant", tenant_app), ("audit", audit_app)):
    COMMANDS.add_typer(part, name=name)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Access]:
    """The running city, as it sees what the commands do."""
    with Access(Settings(data=tmp_path)) as access:
        yield access


@pytest.fixture
def run(city: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("RHINECLOUD_DATA", str(tmp_path))

    def call(*arguments: str, stdin: str = "") -> Result:
        city._look_at = 0
        return CliRunner().invoke(COMMANDS, list(arguments), input=stdin, catch_exceptions=True)

    return call


def test_token_new_prints_the_token_alone_and_the_city_knows_it(run, city: Access) -> None:
    said = run(
        "token",
        "new",
        "gauges",
        "--scope",
        "entities.*",
        "--scope",
        "history.read",
        "--tenant",
        "city",
        "--expires",
        "30d",
    )
    assert said.exit_code == 0
    assert re.fullmatch(r"rc_[a-z2-7]{32}\n", said.stdout)
    who = city.bearer(said.stdout.strip())
    city.allow(who, "entities.write", "city")
    listed = run("token", "list").stdout
    assert "gauges" in listed and "entities.* history.read" in listed
    assert run("token", "revoke", "gauges").exit_code == 0
    assert run("token", "list").stdout == ""
    assert "revoked" in run("token", "list", "--revoked").stdout
    city._look_at = 0
    with pytest.raises(Refused):
        city.bearer(said.stdout.strip())


@pytest.mark.parametrize("expires", ["soon", "30", "2027-01-31", "-1d", "999999d"])
def test_a_time_that_is_none_is_refused(run, expires: str) -> None:
    said = run("token", "new", "t", "--scope", "*", "--expires", expires)
    assert isinstance(said.exception, Refused)
    assert "no time to expire" in said.exception.detail


def test_user_add_prints_a_link_that_lets_them_in(run, city: Access) -> None:
    said = run("user", "add", "anna", "--role", "operator@city", "--title", "Anna Muster")
    assert re.fullmatch(r"http://localhost:8080/sign-in/link/[a-z2-7]+\n", said.stdout)
    cookie = city.sign_in.link(said.stdout.strip().rsplit("/", 1)[1], "correct horse battery", address="::1")
    assert city.session(cookie) is not None
    assert "anna\tAnna Muster\toperator@city" in run("user", "list").stdout
    assert "::1" in run("user", "sessions", "anna").stdout
    assert run("user", "sessions", "anna", "--end").stdout == ""
    city._look_at = 0
    assert city.session(cookie) is None


def test_roles_are_changed_and_shown(run, city: Access) -> None:
    run("user", "add", "anna", "--role", "operator@city")
    run("tenant", "agency", "city", "fire", "--title", "Feuerwehr")
    said = run("user", "roles", "anna", "--add", "engineer@city/fire", "--add", "analyst", "--remove", "operator@city")
    assert said.stdout == "analyst\nengineer@city/fire\n"
    assert set(city.people.get("anna").grants) == {Grant("analyst"), Grant("engineer", "city", "fire")}


def test_a_password_is_read_from_standard_input_or_asked_for_twice(run, city: Access) -> None:
    run("user", "add", "anna")
    assert run("user", "password", "anna", "--stdin", stdin="correct horse battery\n").exit_code == 0
    city.sign_in.password("anna", "correct horse battery", address="::1")
    assert run("user", "password", "anna", stdin="one two three four\none two three four\n").exit_code == 0
    city.sign_in.password("anna", "one two three four", address="::1")


def test_disabling_and_enabling(run, city: Access) -> None:
    run("user", "add", "anna")
    run("user", "disable", "anna")
    assert "locked out" in run("user", "list").stdout
    assert isinstance(run("user", "link", "anna").exception, Refused)
    run("user", "enable", "anna")
    assert run("user", "link", "anna").exit_code == 0


def test_tenants_are_added_with_their_folder_listed_and_removed(run, city: Access, tmp_path: Path) -> None:
    assert run("tenant", "add", "port", "--title", "Duisport").exit_code == 0
    assert (tmp_path / "tenants" / "port").is_dir()
    assert "port\tDuisport" in run("tenant", "list").stdout
    assert run("tenant", "remove", "port", stdin="n\n").exit_code == 1
    assert run("tenant", "remove", "port", "--yes").exit_code == 0
    assert "port" not in run("tenant", "list").stdout
    assert isinstance(run("tenant", "remove", "port", "--yes").exception, Refused)


def test_the_audit_log_is_listed_and_verified(run, city: Access) -> None:
    run("user", "add", "anna")
    assert "person.add\tanna" in run("audit", "list", "--limit", "5").stdout
    said = run("audit", "verify")
    assert said.exit_code == 0
    head = said.stdout.strip().rsplit(" ", 1)[1]
    run("user", "disable", "anna")
    assert run("audit", "verify", "--head", head).exit_code == 0
    assert run("audit", "verify", "--head", "0" * 64).exit_code == 1
    from sqlalchemy import text

    with city._store.write() as db:
        db.execute(text("UPDATE access_audit SET subject = 'ben' WHERE action = 'person.add'"))
    said = run("audit", "verify")
    assert said.exit_code == 1
    assert "the record was changed" in said.stderr


def test_a_folder_without_an_installation_is_refused_and_stays_empty(tmp_path: Path) -> None:
    said = CliRunner().invoke(COMMANDS, ["user", "list", "--data", str(tmp_path / "nowhere")])
    assert "There is no installation" in str(said.exception)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "command",
    [[], *(["user", c] for c in ("add", "list", "roles", "password", "link", "disable", "enable", "sessions"))]
    + [["token", c] for c in ("new", "list", "revoke")]
    + [["tenant", c] for c in ("add", "list", "remove", "agency")]
    + [["audit", c] for c in ("list", "verify")],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    said = CliRunner().invoke(COMMANDS, [*command, "--help"])
    assert said.exit_code == 0
    assert "Usage" in said.stdout
