"""The bundle: one JSON document that carries set-up, customers and orders, in and out (docs/contract.md).

In, from the file to the rows:

- ``reading``: what the bundle says.
- ``load``: set-up is read whole, then written by the actions of catalog and programs; then customers, in batches.
- Orders, in batches: ``entering`` decides. An order that exists must say the same and is left alone; one that is new goes
  to ``desk/entry``.
- One that says what already happened is taken over: ``standing`` reads the order; ``walking`` its continuity orders
  (with ``facts``, ``coming`` and ``adjusting``), ``childhood`` the children, ``owing`` the payments. What they refer to
  is in ``takeover/lookup``. That all of it fits together is asked by ``fitting``, ``paid`` and ``numbering``. It becomes
  the rows of ``taken``, which ``writing`` fills into the tables with COPY.
- Last ``load/notices``: what customers were told.

Out: ``export``.

It rests in the tables of the apps alone; of the JSON only an order's ``entry`` is kept, to know it again.
"""
