"""What a person does with a whole order, and what the warehouse and the bookkeeping report of it.

``draft``               a draft is started; its lines are added, changed, removed
``what_if``             a draft as it would be with a line changed
``submit``, ``accept``  a draft is opened; the offer is accepted
``hold``                put on hold, release
``cancel``              a parent, what comes after one of its shipments, a child
``method``              it is paid another way
``reinstate``           a member comes back who had stopped
``retry``               let a parked order be tried again
``ship``                a child, or ordinary lines, went out; was invoiced
``collect``             its payments are processed at once
``payments``            how a payment ended that the jobs cannot bring to an end; money given back
"""
