"""The outbox of messages to customers."""
