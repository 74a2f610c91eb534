"""Which furnishings can be drawn? One module for each kind; every builder returns the parts of one piece.

A piece stands around the origin, on the floor, with its back toward -z and its front toward +z.
"""
