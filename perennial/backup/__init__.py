"""Everything of an installation in one file, and an installation out of one: ``write`` and ``restore``.

A file holds the database as it was at one instant, the secret key, the sandbox's book, and what it is (``file``).
"""
