"""People and their roles, refunds with their limits, and a log of who did what."""

import sqlalchemy as sa
from alembic import op

from core.models.base import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REASONS = (
    "'technical_failure', 'structure_altered', 'wrong_style_or_room', 'poor_realism', 'duplicate_charge',"
    " 'false_safety_refusal', 'late_delivery', 'goodwill', 'other'"
)
_SQLITE_TRIGGERS = [
    *(
        f"""
        CREATE TRIGGER audit_entries_no_{verb.lower()} BEFORE {verb} ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """
        for verb in ("UPDATE", "DELETE")
    ),
    """
    CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
    BEGIN SELECT RAISE(ABORT, 'refunds are kept'); END
    """,
    """
    CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds WHEN OLD.state <> 'requested'
    BEGIN SELECT RAISE(ABORT, 'a decided refund does not change'); END
    """,
]
_POSTGRES_TRIGGERS = [
    """
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
    """,
    """
    CREATE FUNCTION refuse_refund_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a decided refund does not change, and none is deleted'; END $$
    """,
    """
    CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds
    FOR EACH ROW WHEN (OLD.state <> 'requested') EXECUTE FUNCTION refuse_refund_change()
    """,
    """
    CREATE TRIGGER refunds_kept BEFORE DELETE OR TRUNCATE ON refunds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_refund_change()
    """,
]


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("created_by", sa.Text(), nullable=True))
    _create_users()
    _create_audit_entries()
    _create_refunds()
    limits = op.create_table(
        "refund_limits",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("per_refund_credits", sa.Integer(), nullable=True),
        sa.Column("per_day_credits", sa.Integer(), nullable=True),
        sa.CheckConstraint("role IN ('support', 'manager')", name=op.f("ck_refund_limits_role_known")),
        sa.CheckConstraint(
            "per_refund_credits >= 0 AND per_day_credits >= 0", name=op.f("ck_refund_limits_limits_not_negative")
        ),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_refund_limits")),
    )
    # Ten whole jobs a day; each role's row is also what its refunds lock, so that they are counted one by one.
    op.bulk_insert(
        limits,
        [
            {"role": "support", "per_refund_credits": 40, "per_day_credits": 400},
            {"role": "manager", "per_refund_credits": None, "per_day_credits": None},
        ],
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRES_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("refund_limits")
    op.drop_table("refunds")
    op.drop_table("audit_entries")
    op.drop_table("users")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_refund_change()")
        op.execute("DROP FUNCTION refuse_audit_change()")
    op.drop_column("api_keys", "created_by")


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("account_id", _BIG_ID, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("last_sign_in_at", UtcTime(), nullable=True),
        sa.CheckConstraint("role IN ('staff', 'support', 'manager')", name=op.f("ck_users_role_known")),
        sa.CheckConstraint(
            "(role = 'staff') = (account_id IS NOT NULL)", name=op.f("ck_users_staff_has_an_account")
        ),
        sa.CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name=op.f("ck_users_identity_is_whole")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_users_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_users_issuer_subject")),
    )
    op.create_index(
        "uq_users_one_invitation_an_email",
        "users",
        ["email"],
        unique=True,
        sqlite_where=sa.text("subject IS NULL"),
        postgresql_where=sa.text("subject IS NULL"),
    )


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", _BIG_ID, nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_audit_entries_account_id_accounts")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_audit_entries_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_kind_id", "audit_entries", ["kind", "id"], unique=False)
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["actor", "id"], unique=False)
    op.create_index("ix_audit_entries_account_id_id", "audit_entries", ["account_id", "id"], unique=False)


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("account_id", _BIG_ID, nullable=False),
        sa.Column("variant_index", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_for", sa.Text(), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint(f"reason IN ({_REASONS})", name=op.f("ck_refunds_reason_known")),
        sa.CheckConstraint("reason <> 'other' OR note <> ''", name=op.f("ck_refunds_other_has_a_note")),
        sa.CheckConstraint("state IN ('requested', 'refunded', 'declined')", name=op.f("ck_refunds_state_known")),
        sa.CheckConstraint(
            "(state = 'requested') = (decided_at IS NULL)", name=op.f("ck_refunds_decided_when_over")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_refunds_job_id_jobs")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_refunds_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refunds_idempotency_key")),
    )
    op.create_index("ix_refunds_job_id", "refunds", ["job_id"], unique=False)
    op.create_index("ix_refunds_state_id", "refunds", ["state", "id"], unique=False)
    op.create_index("ix_refunds_account_id_id", "refunds", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_refunds_requested_for_requested_at", "refunds", ["requested_for", "requested_at"], unique=False
    )
