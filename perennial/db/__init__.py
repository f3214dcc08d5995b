"""The database: typed SQL (``sql``), pages by key (``pages``), views and states that it enforces (``views``,
``state_machine``), history, and the embedded server (``server``).
"""
