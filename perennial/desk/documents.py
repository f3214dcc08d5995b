"""The documents of orders, as the bundle asks for them."""

from __future__ import annotations

from perennial.desk.contract import Document, order_documents

__all__ = ["Document", "order_documents"]
