"""The same change of many orders at once: which orders, what of each, and how it is taken back.

``criteria``  which open orders, and which shipment of each
``file``      orders, shipments and new days, as a file of CSV has them
``wanted``    what is done to one shipment: the rules of ``shipments``, said there
``changing``  a chunk of orders changed, as one after the other would be by hand
``back``      a chunk of them put back, where nothing has used it since
"""
