"""The rules of a continuity program as pure functions: no Django, no database, no clock.

``plan``        when does event 3 ship, what is in it, at which price (the walk)
``dates``       intervals, month arithmetic, the working days of a delivery mode
``money``       minor units, rounding, words in and out
``instalments`` a payment schedule to dated amounts
``tax``         the rate in force and the tax of a sum
``states``      which state may follow which
``explain``     why a line has its date, product and price, in words
"""
