"""What a clerk changes on planned shipments while the customer listens. Each change is an adjustment that later plans
apply again, with who, when and why; skip, move this one and substitute write their own shipment alone.

``skip``      leave a shipment out, or let it come after all
``move``      send it on another day: this one alone, or from here on
``products``  another product, quantity or price
``frequency`` how often one member gets it, and how many times in all
``address``   send it, or all that has no child yet, to another address
``catch_up``  what becomes of shipments that are late
"""
