"""Customers with their addresses and stored cards.

``actions``  many customers made as they are given; ``rules``: what a customer may be; ``values``: what is given
``search``   customers by any words that they are known by
``queries``  one customer, looked up
"""
