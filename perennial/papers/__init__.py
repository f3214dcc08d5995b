"""What goes onto paper: packing slips, the pick list of a day, order confirmations, evidence in disputes; as values, and as a PDF of them.

Every value holds what the paper shows and all its words, in the language of whoever reads it, so that a PDF and a page to
print say the same. Nothing here is decided: ``desk.read`` tells it.

``slip``          the packing slip of a child, or of the ordinary lines of an order
``confirmation``  what was agreed with the customer
``evidence``      what speaks for a charge that is disputed
``pick_list``     what is to be packed on a day, by product and by parcel
``values``        what papers share: the head, addresses
``words``         in whose language a paper is, and its words
``pdf``           papers as one PDF; ``typeset`` and ``forms`` set it
"""

from perennial.papers.confirmation import Confirmation, confirmation
from perennial.papers.evidence import Evidence, evidence
from perennial.papers.pdf import Pdf, pdf, typeset
from perennial.papers.pick_list import PickList, pick_list
from perennial.papers.slip import Slip, due_slips, slip, slips
from perennial.papers.values import Paper

__all__ = [
    "Confirmation",
    "Evidence",
    "Paper",
    "Pdf",
    "PickList",
    "Slip",
    "confirmation",
    "due_slips",
    "evidence",
    "pdf",
    "pick_list",
    "slip",
    "slips",
    "typeset",
]
