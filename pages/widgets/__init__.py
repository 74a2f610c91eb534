"""How are things drawn that several pages share?"""
