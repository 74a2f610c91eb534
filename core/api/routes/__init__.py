"""Which calls are there? One module a room."""
