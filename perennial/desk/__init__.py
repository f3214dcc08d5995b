"""The desk: what a person does, and what a person is told.

``actions``     everything that a person does to an order, by name; ``customers``: what is done to a customer
``entry``       how an order comes in
``action``      how an action is done: whole or not at all, on what was seen, once, or only tried
``locking``     reach an order: lock it, read it, write down what is changed
``snapshot``    its rows before and after, for ``follows`` (what follows from a change) and ``undo``
``changeable``  what may be changed on a planned shipment, and why not
``read``        what is told of orders, customers and programs, as values; ``contract`` makes the JSON of them
``queries``     which orders there are
``on_it``       who is on what
"""
