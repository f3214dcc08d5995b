"""Cards: store one, give one to an order, find those that end too early. No card number comes near us.

``store``  keep a card by the gateway's token; it takes over what it replaces
``take_in``  the cards of a customer that a gateway keeps already
``give``   let an order be paid by a stored card
``pays``   what a card will pay once it is stored
``link``   a customer is asked to give a card by themselves, by a link or on a page that a clerk opens
``page``   the gateway's page on which they do
``ends``   cards that will have expired before a shipment that they pay
"""
