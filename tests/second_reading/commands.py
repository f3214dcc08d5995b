"""The command line of docs/contract.md, answered by the model: `answer` gives the exit status and the JSON."""

from __future__ import annotations

from datetime import date

from .model import Model, Refused

FLAGS = {"--json", "--following", "--again", "--dry-run", "--override"}


def parse(argv: list[str]) -> tuple[list[str], dict[str, str | bool]]:
    words, options = [], {}
    rest = iter(argv)
    for word in rest:
        if word in FLAGS:
            options[word[2:]] = True
        elif word.startswith("--"):
            options[word[2:]] = next(rest)
        else:
            words.append(word)
    return words, options


def answer(model: Model, argv: list[str]) -> tuple[int, object]:
    words, options = parse(argv)
    try:
        return 0, _do(model, words, options)
    except Refused:
        return 1, None


def _do(model: Model, words: list[str], options: dict) -> object:
    on = date.fromisoformat(options["on"]) if "on" in options else None
    line = int(options["line"]) if "line" in options else None
    shipment = int(options["shipment"]) if "shipment" in options else None
    catch_up = options.get("catch-up")
    match words:
        case ["show", "orders"]:
            return [model.show(number) for number in model.orders]
        case ["show", "order", number]:
            return model.show(number)
        case ["job", name]:
            given = {key: options[key] for key in ("program", "product", "customer", "order") if key in options}
            if "through" in options:
                given["through"] = date.fromisoformat(options["through"])
            if "limit" in options:
                given["limit"] = int(options["limit"])
            return model.job(name, on, **given)
        case ["night"]:
            return model.night(on)
        case ["simulate"]:
            return model.simulate(date.fromisoformat(options["from"]), date.fromisoformat(options["to"]))
        case ["order", "submit", number]:
            return model.submit(number)
        case ["order", "accept", number]:
            return model.accept(number, on, catch_up)
        case ["order", "cancel", number]:
            return model.cancel(
                number, on, int(options["after"]) if "after" in options else None, bool(options.get("again"))
            )
        case ["order", "hold", number]:
            return model.hold(number, options["code"], options["reason"], options.get("stops", "both"), on)
        case ["order", "release", number]:
            return model.release(number, options.get("code"), on, catch_up)
        case ["order", "skip", number]:
            return model.skip(number, shipment, on, line)
        case ["order", "unskip", number]:
            return model.unskip(number, shipment, on, line)
        case ["order", "move", number]:
            return model.move(
                number, shipment, date.fromisoformat(options["to"]), on, bool(options.get("following")), line
            )
        case ["order", "substitute", number]:
            return model.substitute(
                number, shipment, options["item"], on, options.get("from"), options.get("price"), line
            )
        case ["order", "quantity", number]:
            return model.quantity(number, options["quantity"], shipment, on, line)
        case ["order", "price", number]:
            return model.price(number, shipment, options["price"], on, line)
        case ["order", "address", number]:
            return model.ship_to(number, options["to"], shipment, on, line)
        case ["order", "card", number]:
            return model.order_card(number, options["token"], on, line, catch_up)
        case ["order", "ship", number]:
            how = {"override": bool(options.get("override")), "reason": options.get("reason")}
            return model.ship(number, on, options.get("carrier"), options.get("tracking"), **how)
        case ["order", "invoice", number]:
            return model.invoice(number, on, bool(options.get("override")), options.get("reason"))
        case ["card", account]:
            month, year = options["exp"].split("/")
            card = {
                "token": options["token"],
                "brand": options["brand"],
                "last4": options["last4"],
                "exp_month": int(month),
                "exp_year": int(year),
            }
            return model.store_card(account, card, options.get("replaces"), on, catch_up)
        case _:
            raise AssertionError(words)
