"""What a page, a command or a program is told of orders, customers and programs: values with dates, money and reasons.

Nothing here is a sentence, and nothing is decided a second time: ``contract`` makes the JSON of the contract from these
values, commands and pages draw them. Each takes a constant number of queries, however much there is to tell.

``order``     an order whole: lines, continuity orders with their shipments, children, payments, what happened
``shipment``  one product of one shipment, planned or projected
``preview``   what an order would be, and what follows what is planned
``waits``     why something has not shipped: the one place that asks
``search``    who is it on the telephone?
``values``    the small parts that the others share
"""
