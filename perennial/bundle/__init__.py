"""The bundle: one JSON document that carries set-up, customers and orders, in and out (docs/contract.md).

In, from the file to the rows:

- ``reading``: what the bundle says.
- ``load``: set-up is read whole, then written by the actions of catalog and programs; then customers, in batches.
- Orders, in batches: ``load/orders`` decides. An order that exists must say the same and is left alone; one that is new
  goes to ``desk/entry``.
- One that says what already happened is taken over (``takeover``): ``order`` reads it; ``shipments`` its continuity
  orders (with ``facts``, ``projection`` and ``adjustments``), ``children`` the children, ``payments`` the payments.
  They become the rows of ``desk/entry/rows``, written as those of an order that is entered. Then ``contradictions`` asks
  of them what ``check`` asks.
- Last ``load/notices``: what customers were told.

Out: ``export``.

It rests in the tables of the apps alone; of the JSON only an order's ``entry`` is kept, to know it again.
"""
