"""A made-up history of months of work, for looking at pages and figures: `history.write`."""
