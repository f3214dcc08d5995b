"""Sheets: customers, or continuity orders as they stand, as a spreadsheet writes them (CSV). They become a bundle.

- ``file``: the sheet: its encoding, what parts its cells, its rows one by one.
- ``fields``: what a sheet may say; ``mapping``: which column says it; ``cells``: how days, amounts and lists are written.
- ``customers``, ``orders``: rows become things of a bundle; ``places`` knows in which row and column each of them stands.
- ``load``: the bundle is imported, and each of its faults gets its row and column.

Nothing is written here: what a sheet says comes in by the bundle alone.
"""
