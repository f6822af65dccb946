"""`rhinecloud user | token | tenant | audit`: who may do what. Acts on the database, beside a running city too, which
notices within half a second. Every act is recorded in the audit log, as done at the command line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from rhinecloud.base.clock import SECOND, iso, now_us, parse_us
from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.base.settings import Settings, load

if TYPE_CHECKING:
    from rhinecloud.access import Access, Person, Principal

user_app = typer.Typer(no_args_is_help=True, help="People: add them, give them roles, let them in.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens for programs.")
tenant_app = typer.Typer(no_args_is_help=True, help="Tenants (cities, companies) and their agencies.")
audit_app = typer.Typer(no_args_is_help=True, help="The record of what was done and decided.")

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Data directory of the installation.")]
Name = Annotated[str, typer.Argument(help="The name that they sign in with.")]
Role = Annotated[
    list[str],
    typer.Option(
        "--role", "-r", metavar="ROLE", help="operator, engineer@city, analyst@city/fire, administrator …; repeatable."
    ),
]
_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}


def _link(settings: Settings, secret: str) -> str:
    """The whole address of a sign-in link: at the city that runs on this data, where one does."""
    from rhinecloud.access import link_address

    from .lock import read

    note = None if settings.public_url else read(settings.data)
    if note and note.url:
        settings = msgspec.structs.replace(settings, public_url=note.url)
    return link_address(settings, secret)


@user_app.command("add")
def add_user(
    name: Name,
    role: Role = [],  # noqa: B006 - Typer copies it
    title: Annotated[str, typer.Option(help="The name that others read.")] = "",
    email: Annotated[str, typer.Option(help="Their e-mail address.")] = "",
    data: Data = None,
) -> None:
    """Add a person, and print a link that lets them in once, to set their password.

    A role counts in all tenants, or after an @ in one, or after a further / as a member of an agency there.
    """
    from rhinecloud.access import parse_grant

    with installation(data) as (access, by, settings):
        access.people.add(by, name, title=title, email=email, grants=[parse_grant(text) for text in role])
        typer.echo(_link(settings, access.links.new(by, name)))


@user_app.command("list")
def list_users(data: Data = None) -> None:
    """List people, their roles, and when they last signed in."""
    with installation(data) as (access, _, _):
        people = access.people.list()
    _table(("name", "reads", "roles", "signed in", "state"), (_row(person) for person in people))


@user_app.command("roles")
def change_roles(
    name: Name,
    add: Annotated[list[str], typer.Option("--add", "-a", metavar="ROLE", help="A role to give; repeatable.")] = [],  # noqa: B006
    remove: Annotated[list[str], typer.Option("--remove", "-r", metavar="ROLE", help="A role to take.")] = [],  # noqa: B006
    data: Data = None,
) -> None:
    """Give and take roles; then, or without options, print the roles they have."""
    from rhinecloud.access import parse_grant

    with installation(data) as (access, by, _):
        person = access.people.get(name)
        if add or remove:
            more, less = ([parse_grant(text) for text in texts] for texts in (add, remove))
            person = access.people.set_roles(by, name, add=more, remove=less)
    for grant in person.grants:
        typer.echo(str(grant))


@user_app.command("password")
def set_password(
    name: Name,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")] = False,
    data: Data = None,
) -> None:
    """Set a person's password. Their sessions end. Usually better: `link`, so that only they know it."""
    with installation(data) as (access, by, _):
        access.people.get(name)
        given = (
            sys.stdin.readline().rstrip("\n")
            if stdin
            else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        )
        access.sign_in.set_password(by, name, given)
    typer.echo(f"The password of {name} is set; their sessions ended.", err=True)


@user_app.command("link")
def new_link(name: Name, data: Data = None) -> None:
    """Print a link that lets a person in once, within 24 hours, to set a new password."""
    with installation(data) as (access, by, settings):
        typer.echo(_link(settings, access.links.new(by, name)))


@user_app.command("disable")
def disable_user(name: Name, data: Data = None) -> None:
    """Lock a person out: their sessions end at once. Nothing they did is deleted."""
    with installation(data) as (access, by, _):
        access.people.disable(by, name)
    typer.echo(f"{name} is locked out.", err=True)


@user_app.command("enable")
def enable_user(name: Name, data: Data = None) -> None:
    """Let a person in again who was locked out."""
    with installation(data) as (access, by, _):
        access.people.disable(by, name, disabled=False)
    typer.echo(f"{name} may sign in again.", err=True)


@user_app.command("sessions")
def list_sessions(
    name: Name,
    end: Annotated[bool, typer.Option("--end", help="End them all.")] = False,
    data: Data = None,
) -> None:
    """List where a person is signed in; with --end, sign them out everywhere."""
    with installation(data) as (access, by, _):
        person = access.people.get(name)
        if end:
            access.sessions.end_all(by, person.id)
        found = access.sessions.list(person.id)
    _table(
        ("session", "since", "last used", "from", "with"),
        ((s.id, iso(s.created_us), iso(s.seen_us), s.address, s.agent) for s in found),
    )


@token_app.command("new")
def new_token(
    name: Annotated[str, typer.Argument(help="What it is for, such as gauge-import.")],
    scope: Annotated[
        list[str], typer.Option("--scope", "-s", help="entities.read, entities.*, devices.manage, … or *; repeatable.")
    ],
    tenant: Annotated[str, typer.Option(help="The one tenant it works in; without: all of them.")] = "",
    agency: Annotated[
        str, typer.Option(help="Whose system holds it: it sees and does what concerns that agency.")
    ] = "",
    expires: Annotated[
        str, typer.Option(help="30d, 12h, 1y, a date such as 2027-01-31T00:00:00Z, or never.")
    ] = "never",
    data: Data = None,
) -> None:
    """Make a token and print it, and nothing else, on standard output. It is shown this once."""
    with installation(data) as (access, by, _):
        secret, made = access.tokens.new(by, name, scope, tenant=tenant, agency=agency, expires_us=_expiry(expires))
    typer.echo(secret)
    until = f"until {iso(made.expires_us)}" if made.expires_us else "for ever"
    typer.echo(f"Token {made.id} ({name}) works {until}; send it as `Authorization: Bearer …`.", err=True)


@token_app.command("list")
def list_tokens(
    revoked: Annotated[bool, typer.Option("--revoked", help="Revoked ones too.")] = False, data: Data = None
) -> None:
    """List tokens: what they may do, where, until when, and when they were last used."""
    with installation(data) as (access, _, _):
        tokens = access.tokens.list(revoked=revoked)
    _table(
        ("id", "name", "scopes", "tenant", "agency", "expires", "last used", "state"),
        (
            (
                t.id,
                t.name,
                " ".join(t.scopes),
                t.tenant or "all",
                t.agency or "all",
                _when(t.expires_us, "never"),
                _when(t.used_us, "never"),
                "revoked" if t.revoked_us else "expired" if t.expires_us and t.expires_us < now_us() else "valid",
            )
            for t in tokens
        ),
    )


@token_app.command("revoke")
def revoke_token(token: Annotated[str, typer.Argument(help="Its id (t_…) or name.")], data: Data = None) -> None:
    """Revoke a token: within half a second it no longer works."""
    with installation(data) as (access, by, _):
        access.tokens.revoke(by, token)
    typer.echo(f"Token {token} is revoked.", err=True)


@tenant_app.command("add")
def add_tenant(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, - and _; it becomes a folder.")],
    title: Annotated[str, typer.Option(help="The name that people read.")] = "",
    data: Data = None,
) -> None:
    """Add a tenant: a city or organisation whose data are kept apart."""
    with installation(data) as (access, by, settings):
        access.tenants.add(by, name, title)
        (settings.data / "tenants" / name).mkdir(parents=True, exist_ok=True)
    typer.echo(f"Tenant {name} is there; requests name it in the header NGSILD-Tenant.", err=True)


@tenant_app.command("list")
def list_tenants(data: Data = None) -> None:
    """List tenants and their agencies."""
    with installation(data) as (access, _, _):
        agencies = access.tenants.agencies()
        _table(
            ("name", "title", "since", "agencies"),
            (
                (t.name, t.title, iso(t.created_us), ", ".join(a.name for a in agencies if a.tenant == t.name))
                for t in access.tenants.list()
            ),
        )


@tenant_app.command("remove")
def remove_tenant(
    name: Annotated[str, typer.Argument(help="The tenant's name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Remove a tenant, its agencies, roles and tokens. Its data stay where they lie; delete that folder yourself."""
    with installation(data) as (access, by, settings):
        if not access.tenants.exists(name):
            raise ResourceNotFound(f"Tenant {name} does not exist")
        if not yes:
            typer.confirm(f"Remove tenant {name}, its agencies, and every role and token in it?", abort=True)
        access.tenants.remove(by, name)
        folder = settings.data / "tenants" / name
    typer.echo(
        f"Tenant {name} is removed." + (f" Its data are still in {folder}." if folder.exists() else ""), err=True
    )


@tenant_app.command("agency")
def add_agency(
    tenant: Annotated[str, typer.Argument(help="The tenant's name.")],
    name: Annotated[str, typer.Argument(help="The agency's name, such as fire.")],
    title: Annotated[str, typer.Option(help="The name that people read.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Remove it, and the roles that people had in it.")] = False,
    data: Data = None,
) -> None:
    """Add an agency to a tenant (fire service, police, lighting department, …), or remove it."""
    with installation(data) as (access, by, _):
        if remove:
            access.tenants.remove_agency(by, tenant, name)
        else:
            access.tenants.add_agency(by, tenant, name, title)
    typer.echo(f"Agency {name} of {tenant} is {'removed' if remove else 'there'}.", err=True)


@audit_app.command("list")
def list_records(
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant.")] = None,
    actor: Annotated[str, typer.Option(help="Only of this actor, such as person:p_1f… or token:t_2a….")] = "",
    action: Annotated[str, typer.Option(help="Only this action, or its beginning, such as token.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 50,
    data: Data = None,
) -> None:
    """List the newest records: who did what to what, and with what outcome."""
    with installation(data) as (access, _, _):
        records = access.trail.records(tenant=tenant, actor=actor, action=action, limit=limit)
    _table(
        ("no.", "at", "tenant", "who", "action", "on", "outcome", "detail"),
        (
            (str(r.sequence), iso(r.at_us), r.tenant, r.name or r.actor, r.action, r.subject, r.outcome, r.detail)
            for r in records
        ),
    )


@audit_app.command("verify")
def verify_records(
    head: Annotated[str, typer.Option(help="A head that was noted earlier: it has to be in the log still.")] = "",
    data: Data = None,
) -> None:
    """Check that no record was changed, dropped, swapped or cut off; exit 1 when one was.

    Prints the newest record's hash, the head. Note it elsewhere, and give it to a later --head: then nobody, not even
    one who can change every file here, can alter what came before.
    """
    with installation(data) as (access, _, _):
        verdict = access.trail.verify()
        known = not head or access.trail.holds(head)
    for gap in verdict.breaks[:20]:
        typer.echo(f"Record {gap.sequence}: {gap.reason}", err=True)
    if not known:
        typer.echo(f"The head {head} is not in the log", err=True)
    if verdict.breaks or not known:
        raise typer.Exit(1)
    typer.echo(f"{verdict.records} records, unaltered. Head: {verdict.head}")


@contextmanager
def installation(data: Path | None) -> Iterator[tuple[Access, Principal, Settings]]:
    """The access room of an installation, who acts, and its settings."""
    import getpass

    from rhinecloud.access import Access, system

    settings = load(data)
    if not settings.data.is_dir():
        raise ResourceNotFound(
            f"There is no installation in {settings.data}; start one with `rhinecloud up`, or name it with --data"
        )
    with Access(settings) as access:
        yield access, system(f"cli:{getpass.getuser()}"), settings


def _expiry(text: str) -> int | None:
    if text == "never":
        return None
    span = re.fullmatch(r"(\d{1,5})([mhdwy])", text)
    if span:
        return now_us() + int(span[1]) * _UNITS[span[2]] * SECOND
    try:
        return parse_us(text)
    except ValueError:
        raise BadRequestData(f"{text!r} is no time to expire: 30d, 12h, 1y, 2027-01-31T00:00:00Z or never") from None


def _row(person: Person) -> tuple[str, ...]:
    state = "locked out" if person.disabled_us else "" if person.has_password else "no password"
    roles = " ".join(str(grant) for grant in person.grants)
    return person.name, person.title, roles, _when(person.signed_in_us, "never"), state


def _when(us: int | None, otherwise: str) -> str:
    return iso(us) if us else otherwise


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    """A table for people; tab-separated lines where the output is not a terminal."""
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
