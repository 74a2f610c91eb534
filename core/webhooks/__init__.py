"""What does the provider tell us unasked? Verified, kept once, and applied like any other news."""
