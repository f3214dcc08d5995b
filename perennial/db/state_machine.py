"""The database itself refuses a change of state that is not in a pair of ``kernel.states``, whoever writes it."""

from __future__ import annotations

from collections.abc import Mapping, Set

import pgtrigger


def _written(pairs: Mapping[str, Set[str]]) -> str:
    return ", ".join(f"('{old}', '{new}')" for old in pairs for new in sorted(pairs[old]))


def state_machine(pairs: Mapping[str, Set[str]], *besides: tuple[str, Mapping[str, Set[str]]]) -> pgtrigger.Trigger:
    """The trigger of a model whose ``status`` goes from one state to another only as the pairs allow.

    A change outside of them is an error of the row's data (SQLSTATE 23514), which names the table, the row and both
    states. A row that keeps its state costs a comparison. ``besides``: pairs that rows alone may go of which a condition
    of SQL is true.
    """
    allowed = f"(old.status, new.status) in ({_written(pairs)})"
    for condition, more in besides:
        allowed = f"({allowed} or {condition} and (old.status, new.status) in ({_written(more)}))"
    return pgtrigger.Trigger(
        name="only_known_changes_of_state",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("status"),
        condition=pgtrigger.Condition(f"old.status is distinct from new.status and ({allowed}) is not true"),
        func="""
            raise exception '% %: from % to % is no change of state', tg_table_name, new.id, old.status, new.status
              using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,
                    column = 'status', constraint = 'only_known_changes_of_state';
        """,
    )
