"""The first tables: tenants, agencies, people, grants, sessions, links, tokens, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "access_attempt",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_access_attempt"),
    )
    op.create_table(
        "access_audit",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("actor", sa.String(length=140), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_access_audit"),
        sa.UniqueConstraint("hash", name="uq_access_audit_hash"),
    )
    op.create_table(
        "access_person",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("disabled_us", sa.BigInteger(), nullable=True),
        sa.Column("signed_in_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_person"),
        sa.UniqueConstraint("name", name="uq_access_person_name"),
    )
    op.create_table(
        "access_state",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_access_state"),
    )
    op.create_table(
        "access_tenant",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_access_tenant"),
    )
    op.create_table(
        "access_token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=True),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_access_token"),
        sa.UniqueConstraint("id", name="uq_access_token_id"),
    )
    op.create_table(
        "access_agency",
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["access_tenant.name"], name="fk_access_agency_tenant", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_access_agency"),
    )
    op.create_table(
        "access_grant",
        sa.Column("person", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("agency", sa.String(length=63), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["access_person.id"], name="fk_access_grant_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", "role", "tenant", "agency", "source", name="pk_access_grant"),
    )
    op.create_table(
        "access_identity",
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["access_person.id"], name="fk_access_identity_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_access_identity"),
    )
    op.create_index("ix_access_identity_person", "access_identity", ["person"], unique=False)
    op.create_table(
        "access_link",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=20), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["access_person.id"], name="fk_access_link_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name="pk_access_link"),
    )
    op.create_index("ix_access_link_person", "access_link", ["person"], unique=False)
    op.create_table(
        "access_session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=20), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["access_person.id"], name="fk_access_session_person", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name="pk_access_session"),
        sa.UniqueConstraint("id", name="uq_access_session_id"),
    )
    op.create_index("ix_access_session_person", "access_session", ["person"], unique=False)

    rows = sa.table("access_state", sa.column("name"), sa.column("number"), sa.column("text"))
    op.bulk_insert(
        rows, [{"name": n, "number": 0, "text": ""} for n in ("audit", "people", "sessions", "tenants", "tokens")]
    )
