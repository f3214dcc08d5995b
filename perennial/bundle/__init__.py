"""The bundle: one JSON document that carries set-up, customers and orders, in and out (docs/contract.md).

In: ``importing`` goes through a bundle, in one transaction.

- ``reader`` looks through the file once, then gives its things one by one; ``parse`` takes the values out of a thing
  and notes ``faults`` with their paths. ``reading`` is what is known meanwhile: names, currency, faults, ``notes``.
- Set-up first: ``setup`` and ``programs`` read all of it, then the actions of catalog and programs write what is
  without fault, programs through ``revisions``; ``losing`` says what it takes away. Then ``customers``, in batches.
- Orders, in batches: ``orders`` reads the facts of their entry, and ``entering`` decides. An order that exists must
  say the same and is left alone; one that is new goes to ``desk/entry``.
- One that says what already happened is taken over: ``standing`` reads the order; ``walking`` its continuity orders
  (with ``facts``, ``coming`` and ``adjusting``), ``childhood`` the children, ``owing`` the payments. What they refer to
  is in ``names``. That all of it fits together is asked by ``fitting``, ``paid`` and ``numbering``. It becomes the rows of ``taken``, which ``writing`` fills into the tables with COPY.
- Last ``telling``: what customers were told.

Out: ``exporting`` writes the file. ``setting_out`` gives the set-up, ``people_out`` customers and what they were told,
``orders_out`` the orders: the documents of the desk, and beyond them the rows of ``rows_out`` (sql/export.sql).

It rests in the tables of the apps alone; of the JSON only an order's ``entry`` is kept, to know it again.
"""
