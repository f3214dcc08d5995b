"""What a caller has answered so far, today, in the session of whoever asked."""

from __future__ import annotations

from perennial.desk.access import ENOUGH
from perennial.web.visit import Visit

MOST = 20


def note_answer(request: Visit, account: str, what: str, *, fits: bool) -> None:
    """An answer fits, or it does not after all."""
    answers = dict(request.session.get("checked", {}))
    day = request.visitor.today.isoformat()
    mine = [one for one in answers.pop(account, [day])[1:] if one != what]
    answers[account] = [day, *mine, *([what] if fits else [])]
    request.session["checked"] = dict(list(answers.items())[-MOST:])


def checked(request: Visit, account: str) -> dict[str, object]:
    """The answers that fit, and whether they are enough to show what is masked."""
    day, *fits = request.session.get("checked", {}).get(account, [""])
    if day != request.visitor.today.isoformat():
        fits = []
    return {"fits": fits, "enough": len(fits) >= ENOUGH}
