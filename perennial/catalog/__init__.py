"""Set-up: company, parameters, products and prices, delivery modes, tax rates, intervals, payment schedules.

``actions``  set-up made as it is given; ``rules``: what it may say; ``values``: what is given
``queries``  set-up as the kernel asks for it
"""
