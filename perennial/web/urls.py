"""Every address of the desk, and what it takes to look at it and to change something by it."""

from __future__ import annotations

from perennial.web import problems, sign_in
from perennial.web.access import ANYBODY, SIGNED_IN, page
from perennial.web.pages import customer, order, orders, reports, search, shipments

urlpatterns = [
    page("", sign_in.home, "home", see=SIGNED_IN),
    page("sign-in", sign_in.SignIn.as_view(), "account_login", see=ANYBODY, do=ANYBODY),
    page("csp", reports.csp, "csp", do=ANYBODY),
    # who is calling?
    page("search", search.page, "search", see="see_customers"),
    page("search/hits", search.hits, "hits", see="see_customers"),
    # the customer
    page("customers/<str:account>", customer.page, "customer", see="see_customers"),
    # the orders
    page("orders", orders.page, "orders", see="see_orders"),
    page("orders/<str:number>", order.page, "order", see="see_orders"),
    page("orders/<str:number>/history", order.history, "order_history", see="see_orders"),
    page("orders/<str:number>/<int:line>/<int:shipment>/why", order.why, "order_row", see="see_orders"),
    # a shipment
    page("orders/<str:number>/<int:line>/<int:shipment>/skip", shipments.skip, "skip", do="change_orders"),
    page("orders/<str:number>/<int:line>/<int:shipment>/unskip", shipments.unskip, "unskip", do="change_orders"),
    page("orders/<str:number>/undo", shipments.undo, "undo", do="change_orders"),
]
handler404 = problems.not_found
handler500 = problems.fault_of_ours
