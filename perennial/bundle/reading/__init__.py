"""What a bundle says, read out of its JSON. Nothing is written here.

``file`` looks through the file once, then gives its things one by one; ``values`` takes the values out of a thing, and
notes ``faults`` with their paths. ``context`` is what is known meanwhile: names, currency, faults, ``notes``. One module
a kind of thing: ``setup``, ``programs``, ``customers``, ``orders``.
"""
