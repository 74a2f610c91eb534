"""Photos belong to listings, results are picked and rated, and the same work is not paid for twice."""

import sqlalchemy as sa
from alembic import op

from core.models.base import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_listings()
    _create_opinions()
    _create_reuses()
    op.add_column("photos", sa.Column("perceptual_hash", sa.BigInteger(), nullable=True))
    hashed = sa.text("perceptual_hash IS NOT NULL")
    op.create_index(
        "ix_photos_account_id_id", "photos", ["account_id", "id"], sqlite_where=hashed, postgresql_where=hashed
    )
    for name in ("listing_id", "reuse_key"):
        op.add_column("jobs", sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_jobs_photo_id", "jobs", ["photo_id"])
    # With the state, or SQLite would rather look at every job that was completed.
    for name, columns in (("reuse_key", ["reuse_key", "state"]), ("listing_id", ["listing_id"])):
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_jobs_{name}", "jobs", columns, sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_jobs_photo_id", table_name="jobs")
    for name in ("listing_id", "reuse_key"):
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
        op.drop_column("jobs", name)
    op.drop_index("ix_photos_account_id_id", table_name="photos")
    op.drop_column("photos", "perceptual_hash")
    for table in ("reuses", "ratings", "favorites", "listing_photos", "listings"):
        op.drop_table(table)


def _create_listings() -> None:
    op.create_table(
        "listings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reference_folded", sa.Text(), nullable=False),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("mls_profile", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_by_identity", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_listings_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
        sa.UniqueConstraint("account_id", "reference_folded", name=op.f("uq_listings_account_id_reference_folded")),
    )
    op.create_index("ix_listings_account_id_created_at", "listings", ["account_id", "created_at"])
    op.create_table(
        "listing_photos",
        sa.Column("photo_id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("room_type", sa.Text(), nullable=True),
        sa.Column("style", sa.Text(), nullable=True),
        sa.Column("is_skipped", sa.Boolean(), nullable=False),
        sa.Column("repeats_photo_id", sa.Text(), nullable=True),
        sa.Column("repeats_bits", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["repeats_photo_id"], ["photos.id"], name=op.f("fk_listing_photos_repeats_photo_id_photos")
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_listing_photos_photo_id_photos")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_photos_listing_id_listings")),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_listing_photos")),
        sa.UniqueConstraint("listing_id", "position", name=op.f("uq_listing_photos_listing_id_position")),
        sa.UniqueConstraint("listing_id", "sha256", name=op.f("uq_listing_photos_listing_id_sha256")),
    )


def _create_opinions() -> None:
    op.create_table(
        "favorites",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.Column("chosen_by_identity", sa.Text(), nullable=False),
        sa.Column("chosen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_favorites_job_id_jobs")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_favorites_variant_id_variants")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_favorites")),
    )
    op.create_table(
        "ratings",
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("rated_by", sa.Text(), nullable=False),
        sa.Column("rated_by_identity", sa.Text(), nullable=False),
        sa.Column("rated_at", UtcTime(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_ratings_one_to_five_stars")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_ratings_variant_id_variants")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_ratings")),
    )


def _create_reuses() -> None:
    op.create_table(
        "reuses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=True),
        sa.Column("photo_id", sa.Text(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_identity", sa.Text(), nullable=False),
        sa.Column("saved_credits", sa.Integer(), nullable=False),
        sa.Column("saved_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_fingerprint", sa.Text(), nullable=True),
        sa.CheckConstraint("saved_credits > 0", name=op.f("ck_reuses_saved_credits_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reuses_account_id_accounts")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_reuses_job_id_jobs")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_reuses_listing_id_listings")),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_reuses_photo_id_photos")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reuses")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_reuses_idempotency_key")),
    )
    op.create_index("ix_reuses_account_id_at", "reuses", ["account_id", "at"])
    for name in ("job_id", "listing_id"):
        op.create_index(f"ix_reuses_{name}", "reuses", [name])
