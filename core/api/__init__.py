"""What can programs ask for? The HTTP door: the same use cases as the pages, in JSON."""
