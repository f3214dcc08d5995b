"""Set-up thing by thing, as a person changes it on the pages: each is written as a bundle carries it, and goes through the door
by which a bundle comes in. So every rule, every refusal and all that follows is the same.

- ``things``: the kinds, what is set up of each, how each thing became what it is.
- ``change``: one is added, changed, taken back.
- ``examples``: what an interval or a payment schedule that is being typed would mean.
- ``product_file``: products out of a spreadsheet.
"""
