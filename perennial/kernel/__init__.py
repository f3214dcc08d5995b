"""The rules of a continuity program as pure functions: no Django, no database, no clock.

``plan``         when does event 3 ship, what is in it, at which price (the walk)
``calendar``     month arithmetic, the intervals of a program, the working days of a delivery mode
``money``        minor units, rounding, words in and out; ``currencies``: those that money can be charged in
``instalments``  a payment schedule to dated amounts
``tax``          the rate in force and the tax of a sum
``totals``       what an order costs
``states``       which state may follow which, and every set of states that a rule goes by
``reasons``      why a line has its date, product and price, as data
``limits``       how long the words may be that come from outside
``places``       countries, languages, time zones
``guess``        what a mistyped word may have meant
"""
