"""The customer's copy of a program: continuity orders, their dated occurrences and lines, what a person changed.

``planning``  from rows to the kernel's plan and back; only the difference is written
``update``    an order planned anew with a newer revision of its program
"""
