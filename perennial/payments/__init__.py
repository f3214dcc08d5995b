"""Money: what is owed, how it is collected, how it is given back.

``cost``       what shipments and whole orders come to
``due``        what is owed, in which payments and when
``next_step``  what is to be done about a payment on a date; ``retry``: when a declined card is asked again
``charge``     the one module that charges; ``gateway_calls`` asks the gateway for it, ``answers`` says what
               an answer does, ``without_gateway`` what needs no gateway
``gateways``   what every gateway does for us, and the sandbox
``refund``     the intent to give money back; ``surplus``: what is to be given back
``blocked``    why shipments wait
``actions``    what a person does to payments
``views.sql``  the rules that rows decide
"""
