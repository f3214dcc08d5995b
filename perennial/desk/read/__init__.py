"""What a page, a command or a program is told of orders, customers and programs: values with dates, money and reasons.

Nothing here is a sentence, and nothing is decided a second time: ``contract`` makes the JSON of the contract from these
values, commands and pages draw them. Each takes a constant number of queries, however much there is to tell.

``order``     an order whole: lines, continuity orders with their shipments, children, payments, what happened
``orders``    reads them, however many there are
``shipment``  one product of one shipment, planned or projected
``coming``    what comes next of an order, a row a shipment: what it costs, what can be done with it now
``order_page``  a page of an order: each shipment beside its child and what pays it
``order_list``  the parent orders in a list
``preview``   what an order would be, and what follows what is planned
``entry``     an order while it is entered: what may be chosen, what is owed when, how the bank answered
``products``  what can be sold, by number or words of the name
``child``     a child as the warehouse asks: may it ship, and what stands in its way
``customer``  a customer with the next shipments over all orders, cards, warnings
``program``   a program with its versions
``waiting``   what waits for a person, with the steps that can be taken
``exceptions``  what needs a person by kind, in pages and counted
``waits``     why something has not shipped: the one place that asks
``search``    who is it on the telephone?
``values``    the small parts that the others share
"""
