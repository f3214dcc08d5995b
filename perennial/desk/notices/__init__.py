"""What orders tell customers.

``facts``    what a message says of an order, a shipment, a child, as data
``queue``    what is told, and when: called by the action or the job that does it
``preview``  a message as it would look for an order
"""
