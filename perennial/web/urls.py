"""Every address of the desk, and what it takes to look at it and to change something by it."""

from __future__ import annotations

from perennial.web import problems, sign_in
from perennial.web.access import ANYBODY, SIGNED_IN, page
from perennial.web.pages import (
    cancel,
    customer,
    order,
    order_actions,
    orders,
    payments,
    reports,
    search,
    sending,
    shipments,
    typed,
)

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
    # orders
    page("orders", orders.page, "orders", see="see_orders"),
    page("orders/<str:number>", order.page, "order", see="see_orders"),
    page("orders/<str:number>/history", order.history, "order_history", see="see_orders"),
    page("orders/<str:number>/payments", order.payments, "order_payments", see="see_orders"),
    page("orders/<str:number>/<int:line>/<int:shipment>/why", order.why, "order_row", see="see_orders"),
    # what is done with an order
    page("orders/<str:number>/accept", order_actions.accept, "accept", do="change_orders"),
    page("orders/<str:number>/retry", order_actions.retry, "retry", do="change_orders"),
    page("orders/<str:number>/note", order_actions.note, "order_note", see="change_orders", do="change_orders"),
    page("orders/<str:number>/cancel", cancel.cancel, "cancel", see="change_orders", do="change_orders"),
    page("orders/<str:number>/collect", payments.collect, "collect", do="change_orders"),
    page("orders/<str:number>/refund", payments.refund, "refund", see="refund_payments", do="refund_payments"),
    page("orders/<str:number>/settle", payments.settle, "settle", see="settle_payments", do="settle_payments"),
    page("orders/<str:number>/ship", sending.ship, "ship", see="ship_orders", do="ship_orders"),
    page("orders/<str:number>/invoice", sending.invoice, "invoice", do="ship_orders"),
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
