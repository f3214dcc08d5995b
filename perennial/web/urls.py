"""Every address of the desk, and what it takes to look at it and to change something by it."""

from __future__ import annotations

from perennial.web import problems, sign_in
from perennial.web.access import ANYBODY, SIGNED_IN, page
from perennial.web.pages import customer, exports, order_actions, reports, search, shipments, todo, typed

urlpatterns = [
    page("", sign_in.home, "home", see=SIGNED_IN),
    page("sign-in", sign_in.SignIn.as_view(), "account_login", see=ANYBODY, do=ANYBODY),
    page("csp", reports.csp, "csp", do=ANYBODY),
    page("typed/day", typed.day, "typed_day", see=SIGNED_IN),
    page("refresh", order_actions.refresh, "refresh", see=SIGNED_IN),
    # who is calling?
    page("search", search.page, "search", see="see_customers"),
    page("search/hits", search.hits, "hits", see="see_customers"),
    # the customer
    page("customers/<str:account>", customer.page, "customer", see="see_customers"),
    page("customers/<str:account>/here", customer.here, "here", see="see_customers"),
    page("customers/<str:account>/check", customer.check, "check", do="see_customers"),
    page("customers/<str:account>/note", customer.note, "note", see="change_orders", do="change_orders"),
    page("customers/<str:account>/card", customer.card, "card", see="change_orders", do="change_orders"),
    page("customers/<str:account>/change", customer.change, "change", see="change_orders", do="change_orders"),
    page(
        "customers/<str:account>/address/<str:code>",
        customer.address,
        "customer_address",
        see="change_orders",
        do="change_orders",
    ),
    # what needs a person
    page("today", todo.today, "today", see="see_lists"),
    page("exceptions", todo.first, "exceptions", see="see_lists"),
    page("exceptions/<str:kind>.csv", exports.todo, "todo_csv", see="export_lists"),
    page("exceptions/<str:kind>", todo.page, "todo", see="see_lists"),
    page("exceptions/<str:kind>/on-it", todo.on_it, "on_it", do="see_lists"),
    # files for a spreadsheet
    page("orders.csv", exports.orders, "orders_csv", see="export_lists"),
    # an order
    page("orders/<str:number>/undo", shipments.undo, "undo", do="change_orders"),
    page("orders/<str:number>/hold", order_actions.hold, "hold", see="change_orders", do="change_orders"),
    page("orders/<str:number>/release", order_actions.release, "release", see="change_orders", do="change_orders"),
    page("orders/<str:number>/<int:line>/stop", order_actions.stop, "stop", see="change_orders", do="change_orders"),
    # a shipment
    *(
        page(f"orders/<str:number>/<int:line>/<int:shipment>/{name}", view, f"shipment_{name}", see=see, do=do)
        for name, view, see, do in (
            ("skip", shipments.skip, None, "change_orders"),
            ("unskip", shipments.unskip, None, "change_orders"),
            ("date", shipments.move, "change_orders", "change_orders"),
            ("product", shipments.product, "change_orders", "change_orders"),
            ("quantity", shipments.quantity, "change_orders", "change_orders"),
            ("address", shipments.address, "change_orders", "change_orders"),
            ("price", shipments.price, "change_prices", "change_prices"),
        )
    ),
]
handler404 = problems.not_found
handler500 = problems.fault_of_ours
