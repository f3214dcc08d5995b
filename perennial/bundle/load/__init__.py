"""A bundle becomes rows, in one transaction: ``importer`` goes through it."""
