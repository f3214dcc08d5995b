"""Every address of the desk, and what it takes to look at it and to change something by it."""

from __future__ import annotations

from perennial.web import problems, sign_in
from perennial.web.access import ANYBODY, SIGNED_IN, page
from perennial.web.pages import customer, entry, newcomer, reports, search, shipments, summary

urlpatterns = [
    page("", sign_in.home, "home", see=SIGNED_IN),
    page("sign-in", sign_in.SignIn.as_view(), "account_login", see=ANYBODY, do=ANYBODY),
    page("csp", reports.csp, "csp", do=ANYBODY),
    # who is calling?
    page("search", search.page, "search", see="see_customers"),
    page("search/hits", search.hits, "hits", see="see_customers"),
    # a new customer, before the pages of those who are there
    page("customers/new", newcomer.page, "newcomer", see="enter_orders", do="enter_orders"),
    page("customers/new/town", newcomer.town, "newcomer_town", see="enter_orders"),
    # the customer
    page("customers/<str:account>", customer.page, "customer", see="see_customers"),
    # a new order
    page("customers/<str:account>/order", entry.new, "new_order", see="enter_orders", do="enter_orders"),
    page("products/hits", entry.hits, "product_hits", see="enter_orders"),
    page("orders/<str:number>/edit", entry.page, "entry", see="enter_orders"),
    page("orders/<str:number>/lines", entry.add, "line_add", do="enter_orders"),
    page(
        "orders/<str:number>/lines/<int:line>/continuity",
        entry.page,
        "continuity",
        see="enter_orders",
        do="enter_orders",
    ),
    page("orders/<str:number>/lines/<int:line>/what-if", entry.what_if, "what_if", see="enter_orders"),
    page("orders/<str:number>/lines/<int:line>/quantity", entry.quantity, "line_quantity", do="enter_orders"),
    page("orders/<str:number>/lines/<int:line>/delivery", entry.delivery, "line_delivery", do="enter_orders"),
    page("orders/<str:number>/lines/<int:line>/remove", entry.remove, "line_remove", do="enter_orders"),
    page("orders/<str:number>/discard", entry.discard, "discard", see="enter_orders", do="enter_orders"),
    page("orders/<str:number>/summary", summary.page, "summary", see="enter_orders"),
    page("orders/<str:number>/pay", summary.pay, "pay", do="enter_orders"),
    page("orders/<str:number>/submit", summary.submit, "submit", do="enter_orders"),
    page("orders/<str:number>/answer", summary.answer, "answer", see="enter_orders"),
    page("orders/<str:number>/ask", summary.ask, "ask", do="enter_orders"),
    # a shipment
    page("orders/<str:number>/<int:line>/<int:shipment>/skip", shipments.skip, "skip", do="change_orders"),
    page("orders/<str:number>/<int:line>/<int:shipment>/unskip", shipments.unskip, "unskip", do="change_orders"),
    page("orders/<str:number>/undo", shipments.undo, "undo", do="change_orders"),
]
handler404 = problems.not_found
handler500 = problems.fault_of_ours
