"""What would months of work look like? `history.write` makes them up, for looking at pages and figures."""
