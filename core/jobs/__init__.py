"""How does a photo become two staged variants? States, transitions, and everything that moves a job along."""
