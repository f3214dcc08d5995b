"""The bundle: one JSON document that carries set-up, customers and orders, in and out (docs/contract.md)."""
