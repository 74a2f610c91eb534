"""What does it cost and who has paid? An append-only ledger of whole credits, and balances that equal its sums."""
