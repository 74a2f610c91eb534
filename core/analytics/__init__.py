"""How well does the desk work? Figures with their definitions, from the same tables as the work itself."""
