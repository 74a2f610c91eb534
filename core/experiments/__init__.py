"""Which of several ways to stage is better? Arms, who gets which, and a test that may be looked at every day."""
