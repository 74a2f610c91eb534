"""What do people see? Thin pages: who, read, draw, and one use case a click."""
