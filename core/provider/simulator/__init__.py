"""What would Replicate answer? A server that speaks its HTTP API, for demos and tests without an account."""
