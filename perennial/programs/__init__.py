"""Continuity programs, revision by revision.

``actions``   programs made as they are given, released, copied, retired; ``draft``: edits, until they are released
``values``    a program as a person or a bundle gives it; ``facts``: stored revisions read back as such values
``rules``     what a program may be
``identity``  which event is which, when a program is given anew
``products``  the products that stand for programs
``queries``   a revision as the kernel plans from it
"""
