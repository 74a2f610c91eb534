"""Which empty rooms can be tried out? Drawn from a table of designs, lit by their windows, seen by a level camera."""
