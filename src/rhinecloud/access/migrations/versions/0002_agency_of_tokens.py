"""Tokens of an agency's system: need-to-know counts for them as for its people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("access_token", sa.Column("agency", sa.String(length=63), nullable=False, server_default=""))
