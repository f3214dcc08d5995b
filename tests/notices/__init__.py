"""Tests of messages to customers: their texts, the outbox, a real mail server."""
