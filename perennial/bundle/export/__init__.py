"""Everything goes out as one bundle: ``exporter`` writes the file, one module gives one kind of thing.

Orders are the documents of the desk, and beyond them the ``rows`` of export.sql.
"""
