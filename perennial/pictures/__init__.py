"""Pictures: how much will ship and when, what came in, who stays. Figures that the night works out and keeps, as values.

``figures``    work all of them out, and say when that was done
``attrition``  how many of those who came to an event got it, by the month in which they joined; the chance of each event
``demand``     what will ship week by week, against what happened
``beyond``     shipments that an order will have and that are no lines yet
``money``      what came in, was billed and given back week by week, and what is still to come
``retention``  of those who joined in a month, the share that got their first, second, third event
``weeks``      a week begins on Monday
"""
