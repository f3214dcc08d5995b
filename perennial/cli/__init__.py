"""The command line. A command reads its options, calls one function, and prints what that gives.

``commands``  the table of all commands; ``main`` finds one, runs it, and says what went wrong
``parser``    the options that commands share
``output``    one JSON document, or text in columns; ``pages``: an order, program or customer as text; ``lists``: many

One module for each group: ``installation``, ``bundles``, ``looking``, ``orders``, ``customers``, ``programs``, ``jobs``.
"""
