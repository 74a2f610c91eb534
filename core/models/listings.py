"""Which photos belong together? Listings, the photos on their contact sheets, and what is thought of the results."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Listing(Base):
    """A property's photos under its address or reference, in the style that they have unless one says otherwise.

    `mls_profile` names the listing service that the pictures go to; empty: nobody said. `reference_folded` is the
    reference as it is compared and searched, without regard to case.
    """

    __tablename__ = "listings"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "reference_folded"),
        sa.Index("ix_listings_account_id_created_at", "account_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    reference: Mapped[str]
    reference_folded: Mapped[str]
    style: Mapped[str]
    mls_profile: Mapped[str]
    created_by: Mapped[str]
    created_by_identity: Mapped[str]
    created_at: Mapped[datetime]


class ListingPhoto(Base):
    """A photo on a listing's contact sheet, staged or not. Without a `style`, the listing's is meant.

    `room_type` is empty until somebody says what nothing told. `repeats_photo_id` is a photo of the same account that
    shows the same view, in all but `repeats_bits` of its perceptual hash.
    """

    __tablename__ = "listing_photos"
    __table_args__ = (
        sa.UniqueConstraint("listing_id", "position"),
        sa.UniqueConstraint("listing_id", "sha256"),
    )

    photo_id: Mapped[str] = mapped_column(sa.ForeignKey("photos.id"), primary_key=True)
    listing_id: Mapped[str] = mapped_column(sa.ForeignKey("listings.id"))
    position: Mapped[int]
    sha256: Mapped[str]
    room_type: Mapped[str | None]
    style: Mapped[str | None]
    is_skipped: Mapped[bool]
    repeats_photo_id: Mapped[str | None] = mapped_column(sa.ForeignKey("photos.id"))
    repeats_bits: Mapped[int | None]


class Favorite(Base):
    """The variant of a job that somebody picked; one a job."""

    __tablename__ = "favorites"

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("jobs.id"), primary_key=True)
    variant_id: Mapped[str] = mapped_column(sa.ForeignKey("variants.id"))
    chosen_by: Mapped[str]
    chosen_by_identity: Mapped[str]
    chosen_at: Mapped[datetime]


class Rating(Base):
    """How good somebody found a variant, from one star to five; the last word counts."""

    __tablename__ = "ratings"
    __table_args__ = (sa.CheckConstraint("stars BETWEEN 1 AND 5", name="one_to_five_stars"),)

    variant_id: Mapped[str] = mapped_column(sa.ForeignKey("variants.id"), primary_key=True)
    stars: Mapped[int]
    rated_by: Mapped[str]
    rated_by_identity: Mapped[str]
    rated_at: Mapped[datetime]
