"""The embedded PostgreSQL: found or started, asked whether it answers, and stopped by its last user.

Of the standard library alone, so that it works before anything is installed or configured.
"""

from __future__ import annotations

from perennial.db.server.binaries import Binaries
from perennial.db.server.installation import Installation, ensure, stop
from perennial.db.server.launcher import Answer, Server
from perennial.db.server.places import home

__all__ = ["Answer", "Binaries", "Installation", "Server", "ensure", "home", "stop"]
