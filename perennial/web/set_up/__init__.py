"""Set-up on the pages: which values each kind has, and how each is asked for, read and shown.

- ``fields``: the ways of asking for a value.
- ``forms``: the kinds, each with its fields and the columns of its list.
"""
