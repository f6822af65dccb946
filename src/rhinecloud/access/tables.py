"""The SQL tables of this room, the same for SQLite and PostgreSQL. Instants are µs since 1970 UTC (`…_us`).

Whatever proves an identity is kept as a SHA-256 (tokens, sessions, links: 160 bit and more, so that a plain hash is
enough) or as Argon2id (passwords). A change here needs a step in `migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row a subject. "audit": number and hash of the newest record, and the lock that every writer takes first;
# the others: a number that rises when people, tokens, sessions or tenants change, for the other processes to notice.
state = Table(
    "access_state",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("text", String(64), nullable=False),
)

tenant = Table(
    "access_tenant",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
)

agency = Table(
    "access_agency",
    metadata,
    Column("tenant", String(63), ForeignKey("access_tenant.name", ondelete="CASCADE"), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("title", Text, nullable=False),
)

person = Table(
    "access_person",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),  # what they sign in with, case-folded
    Column("title", Text, nullable=False),  # what others read
    Column("email", Text, nullable=False),
    Column("language", String(10), nullable=False),
    Column("password", Text),  # Argon2id; null: none is set
    Column("created_us", BigInteger, nullable=False),
    Column("disabled_us", BigInteger),
    Column("signed_in_us", BigInteger),
)

grant = Table(
    "access_grant",
    metadata,
    Column("person", String(20), ForeignKey("access_person.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(30), primary_key=True),
    Column("tenant", String(63), primary_key=True),  # "": all tenants
    Column("agency", String(63), primary_key=True),  # "": none
    Column("source", String(10), primary_key=True),  # "local" or "oidc": the latter are renewed at each sign-in
)

identity = Table(
    "access_identity",
    metadata,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person", String(20), ForeignKey("access_person.id", ondelete="CASCADE"), nullable=False, index=True),
)

session = Table(
    "access_session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("id", String(20), nullable=False, unique=True),
    Column("person", String(20), ForeignKey("access_person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("address", String(100), nullable=False),
    Column("agent", String(200), nullable=False),
)

link = Table(
    "access_link",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("person", String(20), ForeignKey("access_person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_us", BigInteger, nullable=False),
)

attempt = Table(
    "access_attempt",
    metadata,
    Column("key", String(80), primary_key=True),  # SHA-256 of "name:…" or "address:…": neither is stored
    Column("failures", Integer, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
)

token = Table(
    "access_token",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("id", String(20), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("scopes", Text, nullable=False),  # separated by blanks
    Column("tenant", String(63), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("expires_us", BigInteger),
    Column("used_us", BigInteger),
    Column("revoked_us", BigInteger),
    Column("agency", String(63), nullable=False, server_default=""),  # for which it counts; "": for all
)

audit = Table(
    "access_audit",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("tenant", String(63), nullable=False),
    Column("actor", String(140), nullable=False),  # "person:p_…", "token:t_…"
    Column("name", Text, nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("detail", Text, nullable=False),  # JSON, as it was hashed
    Column("hash", String(64), nullable=False),
    UniqueConstraint("hash"),
)
