"""A payment server for tests, training and the demo: a process of its own that speaks the part of Stripe's API that we use.

It moves no money and knows no card numbers, but it keeps a book of its own, which no kill of ours touches. Nothing in here
knows anything of the rest of Perennial, and the rest knows it by HTTP alone, as it knows Stripe.

``book``      its rows: objects as they are given, what moved, answers by key, its clock
``asked``     a request, its parameters, and how it is refused
``cards``     the test cards by name, and what a bank says of each
``shapes``    what every kind of object looks like
``lists``     pages of a list, and what is given whole instead of by its id (``expand``)
``customers`` ``payments`` ``refunds`` ``setups`` ``disputes`` ``balance``   the endpoints
``passing``   what happens by itself as its clock goes on
``events``    what it tells of itself, signed, again until it is heard
``trouble``   faults on demand, and how many requests a second there were
``control``   how tests and people steer it
``page``      the pages on which a customer chooses a test card
``server``    HTTP; ``start``: as a process of its own
"""
