"""What a person does to one customer. A bundle does the same to many, by the same rules (``customers.rules``).

``customer``  add one, change name, contact and whether they may buy on account
``address``   add or change one address
``newcomer``  add one with address and card at once, under the next free account
``notes``     what is to be known of a customer or an order
"""

from perennial.desk.customers.address import set_address
from perennial.desk.customers.customer import add_customer, change_customer
from perennial.desk.customers.newcomer import add_newcomer
from perennial.desk.customers.notes import note_on_customer, note_on_order

__all__ = ["add_customer", "add_newcomer", "change_customer", "note_on_customer", "note_on_order", "set_address"]
