"""Who draws the pictures? The contract with Replicate, its adapter, and a simulator that speaks the same."""
