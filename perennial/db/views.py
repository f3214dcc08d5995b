"""Views of the database: rules that rows decide, written in an app's ``views.sql`` and made by a migration."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.migrations.operations.base import Operation

from perennial.db import sql


def digest(package: str) -> str:
    """A few letters that change whenever a view of the app does, or a set of states that it names."""
    return hashlib.sha256(repr(sorted(sql.named(package, "views.sql").items())).encode()).hexdigest()[:12]


class MakeViews(Operation):
    """Make the views of an app as its ``views.sql`` says them.

    A migration names the text by its digest. Of several only the one that names the present text does anything: an
    older text may speak of columns that are gone. A test refuses a text that no migration names.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, package: str, text: str) -> None:
        self.package = package
        self.text = text

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Views are no models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make them, in the order of the file; those of the same name are replaced."""
        if digest(self.package) != self.text:
            return
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        for name, query in sql.named(self.package, "views.sql").items():
            schema_editor.execute(f"create view {name} as {query}", params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop them."""
        for name in reversed(sql.named(self.package, "views.sql")):
            schema_editor.execute(f"drop view if exists {name} cascade", params=None)

    def describe(self) -> str:
        """What ``migrate`` says."""
        return f"Make the views of {self.package}"
