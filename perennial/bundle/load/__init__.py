"""A bundle becomes rows, in one transaction: ``importer`` goes through it.

``setup`` (with ``programs`` and ``losses``) and ``customers`` come first, orders then, ``notices`` last. ``report`` is
what is told of it.
"""
