"""Every address of the desk, and what it takes to look at it and to change something by it."""

from __future__ import annotations

from perennial.web import problems, sign_in
from perennial.web.access import ANYBODY, SIGNED_IN, page
from perennial.web.pages import customer, exports, reports, search, shipments, todo

urlpatterns = [
    page("", sign_in.home, "home", see=SIGNED_IN),
    page("sign-in", sign_in.SignIn.as_view(), "account_login", see=ANYBODY, do=ANYBODY),
    page("csp", reports.csp, "csp", do=ANYBODY),
    # who is calling?
    page("search", search.page, "search", see="see_customers"),
    page("search/hits", search.hits, "hits", see="see_customers"),
    # the customer
    page("customers/<str:account>", customer.page, "customer", see="see_customers"),
    page("customers/<str:account>/here", customer.here, "here", see="see_customers"),
    # what needs a person
    page("today", todo.today, "today", see="see_lists"),
    page("exceptions", todo.first, "exceptions", see="see_lists"),
    page("exceptions/<str:kind>.csv", exports.todo, "todo_csv", see="export_lists"),
    page("exceptions/<str:kind>", todo.page, "todo", see="see_lists"),
    page("exceptions/<str:kind>/on-it", todo.on_it, "on_it", do="see_lists"),
    # files for a spreadsheet
    page("orders.csv", exports.orders, "orders_csv", see="export_lists"),
    # a shipment
    page("orders/<str:number>/<int:line>/<int:shipment>/skip", shipments.skip, "skip", do="change_orders"),
    page("orders/<str:number>/<int:line>/<int:shipment>/unskip", shipments.unskip, "unskip", do="change_orders"),
    page("orders/<str:number>/undo", shipments.undo, "undo", do="change_orders"),
]
handler404 = problems.not_found
handler500 = problems.fault_of_ours
