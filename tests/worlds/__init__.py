"""The worlds that tests play in, and what makes them: a module each, usable from any folder of tests."""
