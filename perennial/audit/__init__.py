"""What must always be true of the data, each rule once: asked of everything (``check``) or of some orders (an import).

``invariants.sql``  one statement a rule; each row that it finds is a fault
``planning``        what only planning can tell: an order planned to its end has nothing more to come
``run``             the rules by name, what they are asked of, and a fault as data
"""
