"""Every address of the desk, and what it takes to look at it and to change something by it."""

from __future__ import annotations

from functools import partial

from perennial.web import problems
from perennial.web.access import ANYBODY, SIGNED_IN, page
from perennial.web.pages import (
    beginning,
    cancel,
    customer,
    disputes,
    entry,
    exports,
    first_run,
    gateway_events,
    jobs,
    me,
    message_texts,
    messages,
    money,
    moving,
    my_card,
    newcomer,
    order,
    order_actions,
    orders,
    papers,
    payments,
    people,
    pictures,
    product_file,
    program_change,
    program_editor,
    programs,
    reports,
    search,
    second_factor,
    sending,
    set_up,
    shipments,
    sign_in,
    source,
    split,
    summary,
    tariffs,
    today,
    todo,
    typed,
    updates,
)
from perennial.web.set_up.forms import FORMS

urlpatterns = [
    page("", sign_in.home, "home", see=SIGNED_IN),
    # the door (allauth asks for its pages by these names)
    page("first-run", first_run.page, "first_run", see=ANYBODY, do=ANYBODY),
    page("first-run/place", first_run.place, "first_run_place", see=ANYBODY),
    page("sign-in", sign_in.SignIn.as_view(), "account_login", see=ANYBODY, do=ANYBODY),
    page("sign-in/second", second_factor.Second.as_view(), "mfa_authenticate", see=ANYBODY, do=ANYBODY),
    page("sign-in/passkey", second_factor.Passkey.as_view(), "mfa_login_webauthn", see=ANYBODY, do=ANYBODY),
    page("sign-in/again", sign_in.again, "sign_in_again", see=ANYBODY, do=ANYBODY),
    page("sign-out", sign_in.sign_out, "account_logout", do=ANYBODY),
    # a customer gives a card, by a link
    page("k/<str:token>", my_card.page, "my_card", see=ANYBODY, do=ANYBODY),
    page("k/<str:token>/done", my_card.done, "my_card_done", see=ANYBODY),
    # me
    page("me", me.page, "me", see=SIGNED_IN, do=SIGNED_IN),
    page("me/keys", me.keys, "me_keys", do=SIGNED_IN),
    page("me/stay", sign_in.stay, "me_stay", do=SIGNED_IN),
    page("me/password", me.password, "me_password", see=SIGNED_IN, do=SIGNED_IN),
    *(
        page(f"me/security{route}", view.as_view(), name, see=SIGNED_IN, do=SIGNED_IN if posts else None)
        for route, view, name, posts in (
            ("", second_factor.Security, "mfa_index", False),
            ("/again", second_factor.Password, "account_reauthenticate", True),
            ("/app", second_factor.AddApp, "mfa_activate_totp", True),
            ("/app/remove", second_factor.RemoveApp, "mfa_deactivate_totp", True),
            ("/passkeys/new", second_factor.AddPasskey, "mfa_add_webauthn", True),
            ("/passkeys/<int:pk>/remove", second_factor.RemovePasskey, "mfa_remove_webauthn", True),
            ("/codes", second_factor.Codes, "mfa_view_recovery_codes", False),
            ("/codes/new", second_factor.NewCodes, "mfa_generate_recovery_codes", True),
            ("/codes/file", second_factor.CodesFile, "mfa_download_recovery_codes", False),
        )
    ),
    # a new installation
    page("setup/begin", beginning.page, "begin", see="change_setup"),
    # what is set up: each kind, its list, one thing; the addresses of what is not a kind come first
    page("setup", set_up.index, "set_up", see="change_setup"),
    page("setup/tariffs", tariffs.page, "tariffs", see="change_setup"),
    page("setup/tariffs/preview", tariffs.preview, "tariff_preview", see="change_setup", do="change_setup"),
    page("setup/products.csv", product_file.taken_away, "products_csv", see="change_setup"),
    page("setup/products-file", product_file.page, "products_file", see="change_setup", do="change_setup"),
    *(
        one
        for form in FORMS.values()
        for one in (
            *(
                (
                    page(
                        f"setup/{form.slug}",
                        partial(set_up.page, slug=form.slug),
                        f"set_up_{form.section}",
                        see="change_setup",
                        do="change_setup",
                    ),
                    page(
                        f"setup/undo/{form.slug}",
                        partial(set_up.undo, slug=form.slug),
                        f"set_up_{form.section}_undo",
                        do="change_setup",
                    ),
                )
                if form.alone
                else (
                    page(
                        f"setup/{form.slug}",
                        partial(set_up.listed, slug=form.slug),
                        f"set_up_{form.section}",
                        see="change_setup",
                    ),
                    page(
                        f"setup/new/{form.slug}",
                        partial(set_up.page, slug=form.slug, key=None),
                        f"set_up_{form.section}_new",
                        see="change_setup",
                        do="change_setup",
                    ),
                    page(
                        f"setup/undo/{form.slug}/<path:key>",
                        partial(set_up.undo, slug=form.slug),
                        f"set_up_{form.section}_undo",
                        do="change_setup",
                    ),
                    page(
                        f"setup/{form.slug}/<path:key>",
                        partial(set_up.page, slug=form.slug),
                        f"set_up_{form.section}_one",
                        see="change_setup",
                        do="change_setup",
                    ),
                )
            ),
            *(
                (
                    page(
                        f"setup/live/{form.slug}",
                        partial(set_up.live, slug=form.slug),
                        f"set_up_{form.section}_live",
                        do="change_setup",
                    ),
                )
                if form.live
                else ()
            ),
        )
    ),
    # moving in and out
    page("setup/moving-in", moving.page, "moving_in", see="move_in", do="move_in"),
    page("setup/moving-in/export", moving.export, "moving_export", do="move_in"),
    page("setup/moving-in/<int:number>", moving.transfer, "transfer", see="move_in"),
    page("setup/moving-in/<int:number>/progress", moving.progress, "transfer_progress", see="move_in"),
    page("setup/moving-in/<int:number>/mapping", moving.mapping, "transfer_mapping", do="move_in"),
    page("setup/moving-in/<int:number>/ask", moving.ask, "transfer_ask", do="move_in"),
    page("setup/moving-in/<int:number>/stop", moving.stop, "transfer_stop", do="move_in"),
    page("setup/moving-in/<int:number>/drop", moving.drop, "transfer_drop", do="move_in"),
    page("setup/moving-in/<int:number>/file", moving.taken, "transfer_file", see="move_in"),
    page("setup/moving-in/<int:number>/faults.csv", moving.faults_csv, "transfer_faults", see="move_in"),
    # who works here
    page("setup/people", people.page, "people", see="change_people"),
    page("setup/new-person", people.add, "people_add", see="change_people", do="change_people"),
    page("setup/people/<str:username>", people.change, "people_change", see="change_people", do="change_people"),
    page(
        "setup/people/<str:username>/password",
        people.password,
        "people_password",
        see="change_people",
        do="change_people",
    ),
    page("setup/people/<str:username>/out", people.keep_out, "people_out", do="change_people"),
    page("setup/people/<str:username>/in", people.let_in, "people_in", do="change_people"),
    page("setup/people/<str:username>/unlock", people.unlock, "people_unlock", do="change_people"),
    page("setup/people/<str:username>/second", people.without_second_factor, "people_second", do="change_people"),
    # what a new version of a program would change on its open orders
    page("programs/<str:program>/change", program_change.page, "program_change", see="change_programs"),
    *(
        page(f"programs/<str:program>/change/{route}", view, f"program_change_{route}", do="change_programs")
        for route, view in (
            ("check", program_change.check),
            ("go", program_change.go),
            ("back", program_change.back),
        )
    ),
    *(
        page(f"programs/<str:program>/change/<int:run>/<int:group>{route}", view, name, see=see)
        for route, view, name, see in (
            ("", program_change.group, "change_group", "change_programs"),
            ("/first", program_change.first, "change_group_first", "change_programs"),
            (".csv", program_change.group_csv, "change_group_csv", "export_lists"),
        )
    ),
    *(
        page(f"programs/<str:program>/change/<int:run>/{route}", view, name, see=see)
        for route, view, name, see in (
            ("told", program_change.told, "change_told", "change_programs"),
            ("told.csv", program_change.told_csv, "change_told_csv", "export_lists"),
            ("letters", program_change.letters, "change_letters", "change_programs"),
            ("letters.csv", program_change.letters_csv, "change_letters_csv", "export_lists"),
        )
    ),
    page("csp", reports.csp, "csp", do=ANYBODY),
    # gateways
    page("gateway/<slug:gateway>/events", gateway_events.events, "gateway_events", do=ANYBODY),
    page("typed/day", typed.day, "typed_day", see=SIGNED_IN),
    page("refresh", order_actions.refresh, "refresh", see=SIGNED_IN),
    # who is calling?
    page("search", search.page, "search", see="see_customers"),
    page("search/hits", search.hits, "hits", see="see_customers"),
    page("search/payers", search.payers, "payers", see="change_orders"),
    # a new customer, before the pages of those who are there
    page("customers/new", newcomer.page, "newcomer", see="enter_orders", do="enter_orders"),
    page("customers/new/town", newcomer.town, "newcomer_town", see="enter_orders"),
    # the customer
    page("customers/<str:account>", customer.page, "customer", see="see_customers"),
    page("customers/<str:account>/here", customer.here, "here", see="see_customers"),
    page("customers/<str:account>/check", customer.check, "check", do="see_customers"),
    page("customers/<str:account>/note", customer.note, "note", see="change_orders", do="change_orders"),
    page("customers/<str:account>/card", customer.card, "card", see="change_orders", do="change_orders"),
    page("customers/<str:account>/card-pays", customer.card_pays, "card_pays", see="change_orders"),
    page("customers/<str:account>/kept-cards", customer.kept_cards, "kept_cards", do="move_in"),
    page("customers/<str:account>/card-link", customer.card_link, "card_link_ask", do="change_orders"),
    page(
        "customers/<str:account>/card-link/progress",
        customer.card_link_progress,
        "card_link_progress",
        see="see_customers",
    ),
    page("customers/<str:account>/change", customer.change, "change", see="change_orders", do="change_orders"),
    page(
        "customers/<str:account>/address/<str:code>",
        customer.address,
        "customer_address",
        see="change_orders",
        do="change_orders",
    ),
    page("customers/<str:account>/messages", messages.of_customer, "customer_messages", see="change_orders"),
    # what customers are told
    page("messages", messages.outbox, "outbox", see="see_lists"),
    page("messages/<int:notice>", messages.page, "message", see="see_customers"),
    page("messages/<int:notice>/mail", messages.mail, "message_mail", see="see_customers"),
    page("messages/<int:notice>/again", messages.again, "message_again", do="change_orders"),
    page("messages/<int:notice>/bounced", messages.bounced, "message_bounced", do="change_orders"),
    page("messages/<int:notice>/arrived", messages.arrived, "message_arrived", do="change_orders"),
    # in which words; how it looks on an order is shown to whoever may see orders
    page("setup/messages", message_texts.page, "message_texts", see="change_setup"),
    page("setup/messages/all", message_texts.switch_all, "messages_all", do="change_setup"),
    page("setup/messages/<str:kind>", message_texts.switch, "message_kind", do="change_setup"),
    page("setup/messages/<str:kind>/days", message_texts.days, "message_days", see="change_setup", do="change_setup"),
    *(
        page(f"setup/messages/<str:kind>/<str:language>{route}", view, name, see=see, do=do)
        for route, view, name, see, do in (
            ("", message_texts.text, "message_text", "change_setup", "change_setup"),
            ("/supplied", message_texts.supplied, "message_supplied", None, "change_setup"),
            ("/preview", message_texts.tried, "message_tried", None, "see_orders"),
            ("/mail", message_texts.mail, "message_text_mail", "see_orders", None),
        )
    ),
    # what needs a person
    page("today", today.page, "today", see="see_jobs"),
    page("exceptions", todo.first, "exceptions", see="see_lists"),
    page("exceptions/<str:kind>.csv", exports.todo, "todo_csv", see="export_lists"),
    page("exceptions/<str:kind>", todo.page, "todo", see="see_lists"),
    page("exceptions/<str:kind>/on-it", todo.on_it, "on_it", do="see_lists"),
    # what runs at night
    page("jobs", jobs.page, "jobs", see="see_jobs"),
    page("jobs/ask", jobs.ask, "jobs_ask", do="run_jobs"),
    page("jobs/recur", jobs.recur, "jobs_recur", do="run_jobs"),
    page("jobs/requests/<int:number>", jobs.asked, "job_request", see="see_jobs"),
    page("jobs/requests/<int:number>/progress", jobs.progress, "job_progress", see="see_jobs"),
    page("jobs/requests/<int:number>/stop", jobs.stop, "job_stop", do="run_jobs"),
    page("jobs/requests/<int:number>/sign", jobs.sign, "job_sign", do="run_jobs"),
    page("jobs/requests/<int:number>/again", jobs.again, "job_again", do="run_jobs"),
    page("jobs/runs/<int:number>", jobs.run, "job_run", see="see_jobs"),
    page("jobs/runs/<int:number>.csv", jobs.run_csv, "job_run_csv", see="see_jobs"),
    page("jobs/runs/<int:number>/parked.csv", jobs.run_parked_csv, "job_run_parked_csv", see="see_jobs"),
    page("jobs/runs/<int:number>/stop", jobs.stop_run, "job_run_stop", do="run_jobs"),
    page("jobs/nights.csv", jobs.nights_csv, "jobs_nights_csv", see="see_jobs"),
    page("jobs/nights/<int:number>", jobs.night, "job_night", see="see_jobs"),
    # what is sold: programs
    page("programs", programs.page_of_all, "programs", see="see_programs"),
    page("programs/new", programs.new, "program_new", see="change_programs", do="change_programs"),
    page("products/of-events", program_editor.products, "event_products", see="change_programs"),
    *(
        page(f"programs/<str:schedule_id>{route}", view, name, see=see, do=do)
        for route, view, name, see, do in (
            ("", programs.page, "program", "see_programs", None),
            ("/ahead", programs.ahead, "program_ahead", "see_programs", None),
            ("/versions/<str:pair>", programs.versions, "program_versions", "see_programs", None),
            ("/release", programs.release, "program_release", "change_programs", "change_programs"),
            ("/discard", programs.discard, "program_discard", "change_programs", "change_programs"),
            ("/retire", programs.retire, "program_retire", "change_programs", "change_programs"),
            ("/activate", programs.activate, "program_activate", None, "change_programs"),
            ("/copy", programs.copy, "program_copy", "change_programs", "change_programs"),
            # its editor
            ("/edit", program_editor.page, "program_edit", "change_programs", None),
            ("/here", program_editor.here, "program_here", "change_programs", None),
            ("/take", program_editor.take, "program_take", None, "change_programs"),
            ("/preview", program_editor.preview, "program_preview", "change_programs", None),
            ("/header", program_editor.header, "program_header", None, "change_programs"),
            ("/event", program_editor.event, "program_event", None, "change_programs"),
            ("/offered", program_editor.offered, "program_offered", "change_programs", None),
            ("/move", program_editor.move, "program_move", None, "change_programs"),
            ("/duplicate", program_editor.duplicate, "program_duplicate", None, "change_programs"),
            ("/remove", program_editor.remove, "program_remove", None, "change_programs"),
            ("/back", program_editor.back, "program_back", None, "change_programs"),
        )
    ),
    page(
        "programs/<str:schedule_id>/insert",
        program_editor.insert,
        "program_insert",
        see="change_programs",
        do="change_programs",
    ),
    # how much, when, who stays
    page("pictures/figures", pictures.figures, "picture_figures", see="see_pictures", do="see_pictures"),
    *(
        one
        for name, view, file in (
            ("demand", pictures.demand_page, pictures.demand_csv),
            ("money", pictures.money_page, pictures.money_csv),
            ("retention", pictures.retention_page, pictures.retention_csv),
            ("nights", pictures.nights_page, pictures.nights_csv),
        )
        for one in (
            page(f"pictures/{name}", view, f"picture_{name}", see="see_pictures"),
            page(f"pictures/{name}.csv", file, f"picture_{name}_csv", see="see_pictures"),
        )
    ),
    page("jobs/nights/<int:number>/parked.csv", jobs.night_parked_csv, "job_night_parked_csv", see="see_jobs"),
    page("jobs/<str:job>", jobs.job, "job", see="see_jobs", do="run_jobs"),
    page("jobs/<str:job>/recur", jobs.recur_job, "job_recur", do="run_jobs"),
    # the same change of many orders
    page("updates", updates.change, "updates", see="change_many", do="change_many"),
    page("updates/events", updates.events, "updates_events", see="change_many"),
    page("updates/products", updates.products, "updates_products", see="change_many"),
    page("updates/requests/<int:number>", updates.asked, "update_request", see="change_many"),
    page("updates/requests/<int:number>/progress", updates.progress, "update_progress", see="change_many"),
    page("updates/requests/<int:number>/again", updates.again, "update_again", do="change_many"),
    page("updates/<int:number>", updates.run, "update", see="change_many"),
    page("updates/<int:number>.csv", updates.run_csv, "update_csv", see="change_many"),
    page("updates/<int:number>/apply", updates.apply, "update_apply", do="change_many"),
    page("updates/<int:number>/go-on", updates.go_on, "update_go_on", do="change_many"),
    page("updates/<int:number>/take-back", updates.take_back, "update_take_back", do="change_many"),
    # files for a spreadsheet
    page("orders.csv", exports.orders, "orders_csv", see="export_lists"),
    page("reports/sources.csv", exports.sources, "sources_csv", see="export_lists"),
    page("money/differences.csv", exports.differences, "money_differences_csv", see="export_lists"),
    # money
    page("money/differences", money.differences, "money_differences", see="see_money", do="settle_payments"),
    # where orders come from
    page("reports/sources", source.results, "sources", see="see_lists"),
    # an order
    # orders
    page("orders", orders.page, "orders", see="see_orders"),
    page("orders/<str:number>", order.page, "order", see="see_orders"),
    page("orders/<str:number>/confirmation", papers.confirmation, "confirmation", see="see_orders"),
    page("orders/<str:number>/slip", papers.slip, "slip", see="see_orders"),
    page("pick-list", papers.pick_list, "pick_list", see="ship_orders"),
    page("orders/<str:number>/history", order.history, "order_history", see="see_orders"),
    page("orders/<str:number>/payments", order.payments, "order_payments", see="see_orders"),
    page("orders/<str:number>/<int:line>/<int:shipment>/why", order.why, "order_row", see="see_orders"),
    page("orders/<str:number>/messages", messages.of_order, "order_messages", see="change_orders"),
    # what is done with an order
    page("orders/<str:number>/accept", order_actions.accept, "accept", do="change_orders"),
    page("orders/<str:number>/retry", order_actions.retry, "retry", do="change_orders"),
    page("orders/<str:number>/source", source.change, "source", do="change_orders"),
    page("orders/<str:number>/note", order_actions.note, "order_note", see="change_orders", do="change_orders"),
    page("orders/<str:number>/cancel", cancel.cancel, "cancel", see="change_orders", do="change_orders"),
    page(
        "orders/<str:number>/reinstate",
        order_actions.reinstate,
        "reinstate",
        see="change_orders",
        do="change_orders",
    ),
    page("orders/<str:number>/payment-why", payments.why, "payment_why", see="see_orders"),
    page("orders/<str:number>/collect", payments.collect, "collect", do="change_orders"),
    page("orders/<str:number>/refund/now", payments.give_back_now, "give_back_now", do="refund_payments"),
    page("orders/<str:number>/reprocess", payments.reprocess, "reprocess", do="change_orders"),
    page("orders/<str:number>/refund", payments.refund, "refund", see="refund_payments", do="refund_payments"),
    page("orders/<str:number>/refund/approve", payments.approve_refund, "approve_refund", do="approve_refunds"),
    page("orders/<str:number>/refund/decline", payments.decline_refund, "decline_refund", do="approve_refunds"),
    page(
        "orders/<str:number>/refund/again",
        payments.refund_again,
        "refund_again",
        see="refund_payments",
        do="refund_payments",
    ),
    page("orders/<str:number>/dispute", disputes.dispute, "dispute", see="settle_payments", do="settle_payments"),
    page("disputes/<int:dispute>/evidence", papers.evidence, "evidence", see="settle_payments"),
    page("orders/<str:number>/receive", payments.receive, "receive", see="settle_payments", do="settle_payments"),
    page("orders/<str:number>/settle", payments.settle, "settle", see="settle_payments", do="settle_payments"),
    page("orders/<str:number>/ship", sending.ship, "ship", see="ship_orders", do="ship_orders"),
    page("orders/<str:number>/invoice", sending.invoice, "invoice", see="ship_orders", do="ship_orders"),
    page("orders/<str:number>/track", sending.track, "track", see="ship_orders", do="ship_orders"),
    # a new order
    page("customers/<str:account>/order", entry.new, "new_order", see="enter_orders", do="enter_orders"),
    page("products/items", shipments.products, "products_items", see="change_orders"),
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
    page("orders/<str:number>/hold", order_actions.hold, "hold", see="change_orders", do="change_orders"),
    page("orders/<str:number>/gift", order_actions.gift, "gift", see="change_orders", do="change_orders"),
    page("orders/<str:number>/payer", order_actions.payer, "payer", see="change_orders", do="change_orders"),
    page("orders/<str:number>/release", order_actions.release, "release", see="release_holds", do="release_holds"),
    page(
        "orders/<str:number>/<int:line>/frequency",
        order_actions.frequency,
        "frequency",
        see="change_orders",
        do="change_orders",
    ),
    page("orders/<str:number>/<int:line>/split", split.split, "split", see="change_orders", do="change_orders"),
    page(
        "orders/<str:number>/<int:line>/payment-method",
        order_actions.payment_method,
        "payment_method",
        see="change_orders",
        do="change_orders",
    ),
    page("orders/<str:number>/<int:line>/stop", order_actions.stop, "stop", see="change_orders", do="change_orders"),
    # a shipment
    *(
        page(f"orders/<str:number>/<int:line>/<int:shipment>/{name}", view, f"shipment_{name}", see=see, do=do)
        for name, view, see, do in (
            ("skip", shipments.skip, None, "change_orders"),
            ("unskip", shipments.unskip, None, "change_orders"),
            ("date", shipments.move, "change_orders", "change_orders"),
            ("product", shipments.product, "change_orders", "change_orders"),
            ("add", shipments.add, "change_orders", "change_orders"),
            ("remove", shipments.remove, "change_orders", "change_orders"),
            ("quantity", shipments.quantity, "change_orders", "change_orders"),
            ("address", shipments.address, "change_orders", "change_orders"),
            ("price", shipments.price, "change_prices", "change_prices"),
        )
    ),
]
handler404 = problems.not_found
handler500 = problems.fault_of_ours
