"""Money of the second reading: minor units, half up away from zero, instalments, tax."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from dateutil.relativedelta import relativedelta

DIGITS = {'JPY': 0, 'KRW': 0, 'CLP': 0, 'KWD': 3, 'BHD': 3, 'TND': 3}


def digits(currency: str) -> int:
    return DIGITS.get(currency, 2)


def minor(text, currency: str) -> int:
    return int((Decimal(str(text)) * 10 ** digits(currency)).to_integral_value(ROUND_HALF_UP))


def shown(amount: int, currency: str) -> str:
    places = digits(currency)
    return f'{Decimal(amount).scaleb(-places):.{places}f}'


def quantity(value: Decimal) -> str:
    text = f'{value:f}'
    return text.rstrip('0').rstrip('.') if '.' in text else text


def half_up(value: Fraction) -> int:
    whole = (abs(value) + Fraction(1, 2)).__floor__()
    return whole if value >= 0 else -whole


def line_amount(number: Decimal, price: int) -> int:
    return half_up(Fraction(number) * price)


def after(day: date, units: int, unit: str) -> date:
    return day + relativedelta(**{unit + 's': units})


def parts(total: int, schedule: dict | None, start: date, currency: str) -> list[tuple[date, int]]:
    """(due on, amount) of every part that is not 0."""
    if schedule is None:
        return [(start, total)] if total else []
    unit, first, every = schedule['unit'], schedule.get('after') or 0, schedule.get('every', 1)
    if schedule['allocation'] == 'total':
        plan = [(after(start, first, unit), total)]
    elif schedule['allocation'] == 'fixed_quantity':
        n = schedule.get('number_of_payments') or 1
        plan = [(after(start, first + k * every, unit), half_up(Fraction(total, n))) for k in range(n)]
    elif schedule['allocation'] == 'fixed_amount':
        amount = minor(schedule['amount'], currency)
        n = max(-(-total // amount), 1)
        plan = [(after(start, first + k * every, unit), amount) for k in range(n)]
    else:
        plan = [
            (
                after(start, line.get('after') or 0, unit),
                half_up(Fraction(Decimal(line['percent'])) * total / 100),
            )
            for line in schedule['lines']
        ]
    left, result = total, []
    for number, (day, amount) in enumerate(plan, 1):
        amount = left if number == len(plan) else min(amount, left)
        left -= amount
        if amount:
            result.append((day, amount))
    return result
