"""The people who work here: what each role may do, and how each likes the pages."""
