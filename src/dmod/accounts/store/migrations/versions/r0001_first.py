"""The first form of the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_SQLITE_GUARD = """
CREATE TRIGGER account_audit_stays BEFORE UPDATE ON account_audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END
"""
_POSTGRESQL_GUARD = (
    """
CREATE FUNCTION account_audit_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is only ever added to'; END $$
""",
    """
CREATE TRIGGER account_audit_stays BEFORE UPDATE ON account_audit
FOR EACH ROW EXECUTE FUNCTION account_audit_stays()
""",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account_user",
        sa.Column("name", _name, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.BigInteger),
        sa.Column("quota", sa.Text, nullable=False),
    )
    op.create_table(
        "account_token",
        sa.Column("id", _name, primary_key=True),
        sa.Column("user", _name, sa.ForeignKey("account_user.name"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("last_used", sa.BigInteger),
        sa.Column("revoked", sa.BigInteger),
    )
    op.create_index("account_token_user", "account_token", ["user"])
    _make_audit()


def _make_audit() -> None:
    op.create_table(
        "account_audit",
        sa.Column("sequence", _number, sa.Identity(), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("account_audit_at", "account_audit", ["at"])
    op.create_index("account_audit_actor", "account_audit", ["actor", "sequence"])
    op.create_index("account_audit_target", "account_audit", ["target", "sequence"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_SQLITE_GUARD,) if is_sqlite else _POSTGRESQL_GUARD:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: who may do what must not be lost by a step back."""
    raise NotImplementedError("restore a copy of the database instead")
