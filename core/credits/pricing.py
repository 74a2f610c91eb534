"""What does a job cost? Prices are credits charged to accounts (costs are dollars paid to the provider)."""

VARIANTS_PER_JOB = 2
VARIANT_PRICE_CREDITS = 20
JOB_PRICE_CREDITS = VARIANTS_PER_JOB * VARIANT_PRICE_CREDITS
