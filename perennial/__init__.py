"""Perennial: continuity programs that ship and bill themselves, exactly once each."""

__version__ = "0.1.0"
