"""Update orders: open orders follow what was released of their programs since they were planned."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perennial.catalog.queries import PriceList, SetUp, price_lists
from perennial.catalog.tariffs import applied_number
from perennial.continuity.difference import Counts, Difference
from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import OrderState, read_orders
from perennial.continuity.update import Update, planned_with
from perennial.db import sql
from perennial.db.batch import uncollected
from perennial.desk.kept import UPDATE, keep_changes
from perennial.desk.locking import lock_many
from perennial.desk.notices.queue import PriceChange, tell_price_changes
from perennial.desk.snapshot import Rows, last_events, rows_of
from perennial.errors import Refused
from perennial.jobs import price_notices, touched
from perennial.jobs.change_groups import ChangeGroups, Updated
from perennial.jobs.change_list import CHANGED_SINCE, LIST_COLUMNS, listed, note_list
from perennial.jobs.change_preview import ORDER_COLUMNS, is_preview, preview_of, refuse_other_revision, seen_now
from perennial.jobs.change_refresh import refreshed, refuse_other_preview, to_refresh
from perennial.jobs.job import Job, Keeps, Run
from perennial.jobs.leaving import next_night
from perennial.jobs.models import ChangedOrder, PreviewedOrder
from perennial.jobs.parking import park_uncounted
from perennial.jobs.planned import Planned
from perennial.jobs.report import Report
from perennial.jobs.tariff_followed import Followed, tariff_followed
from perennial.kernel.reasons import Reason
from perennial.orders.history import Happened, write_history
from perennial.payments import blocked, due
from perennial.payments.asked import Asked, asked, asked_more
from perennial.programs.models import ProgramRevision
from perennial.programs.queries import LoadedRevision, load_revisions, newest_released, program_by_id

SQL = sql.named("perennial.jobs", "sql/planning.sql")


class UpdateOrders(Job):
    """Plan what lies behind the frozen part of open orders with the newest revision of their program, and let them follow
    the tariff that was applied.

    1. Lock the chunk's continuity orders, in id order, and read them.
    2. Plan with the newest revision and the order's own facts; compare with what is stored.
    3. Write the difference: new lines, changed ones, cancelled ones (which keep their rows), the payment schedule; then
       the payments of orders billed up front that are not yet made, so that a message can say what is added.
    4. Let what is still to come follow the tariff (``tariff_followed``), then those payments again.

    Safe to rerun because an order that stands on the newest revision and tariff is not selected again, and a plan
    that changes nothing writes nothing.

    With a ``revision`` of a program: a dry run says what that one would change (``change_groups``), though it is a draft yet,
    and with ``refresh`` does so of those orders that have changed since a preview (``change_refresh``);
    a real run wants it to be the newest one, so that nobody applies what was never shown. With ``keep`` what is changed of
    each order is kept with the run, so that it can be taken back (``take_back``).
    """

    name = "update-orders"
    counts_if_any = ("billing_kept", "charges_changed", *price_notices.COUNTS, "taken_back")
    counts = ("updated", "unchanged", "kept", "lines_added", "lines_changed", "lines_cancelled")
    chunk_size = 300

    def arguments(self, run: Run) -> None:
        """For one program, or a revision of it, for all, or by the night for those released with *apply*."""
        given = run.arguments
        for name in ("revision", "keep", "refresh"):
            if given.get(name) and not (given.get("program") and given.get("revision")):
                raise Refused("option_goes_with", name, what=name, of="program" if name == "revision" else "revision")
        if given.get("keep") and run.dry:
            raise Refused("keep_or_dry", "keep")
        if given.get("refresh"):
            refuse_other_preview(given, dry=run.dry)
        if "program" in given:
            program = program_by_id(given["program"])
            if "revision" in given:
                refuse_other_revision(program, given["revision"], dry=run.dry)
        self._targets(run)

    def _targets(self, run: Run) -> None:
        """Which revision the orders of each program are to stand on, and which tariff."""
        program = None
        if "program" in run.arguments:
            program = program_by_id(run.arguments["program"]).pk
            newest = newest_released([program])
            if "revision" in run.arguments:
                found = ProgramRevision.objects.filter(program=program, number=run.arguments["revision"])
                newest = dict(found.values_list("program_id", "pk"))
        else:
            newest = newest_released()
            if run.arguments.get("night"):
                apply = set(ProgramRevision.objects.filter(apply=True).values_list("pk", flat=True))
                newest = {program: revision for program, revision in newest.items() if revision in apply}
        run.cache["newest"] = newest
        run.cache["of_program"] = program
        run.cache["tariff"] = applied_number() or 0

    def select(self, run: Run) -> tuple[int, Report]:
        """Write the work list; of a preview note first what the rules are like, then what the orders are. What is to be
        refreshed, and cannot be because the rules or the draft are other ones, is counted as a whole.
        """
        if not is_preview(run):
            return super().select(run)
        (revision,) = run.cache["newest"].values()
        run.cache["seen"] = seen_now(run.cache["of_program"], revision)
        run.cache["refreshes"] = to_refresh(run)
        found = super().select(run)
        note_list(run)
        return found

    def stands_apart(self, run: Run) -> bool:
        """Nobody waits for a preview."""
        return is_preview(run)

    def keep_rehearsed(self, run: Run, kept: Keeps, first: int, last: int) -> None:
        """Of a preview: the orders of a chunk, and the groups that they are in."""
        if is_preview(run):
            groups = self._groups(run)
            kept.add(PreviewedOrder, LIST_COLUMNS, listed(run, first, last, groups.counts()))
            kept.add(ChangedOrder, ORDER_COLUMNS, groups.counted())

    def rehearsal_ends(self, run: Run, kept: Keeps) -> None:
        """Of a preview: its numbers."""
        if is_preview(run):
            ending = refreshed if run.cache["refreshes"] else preview_of
            kept.at_end(ending(run, self._groups(run)))

    def _groups(self, run: Run) -> ChangeGroups:
        """The groups of a preview so far."""
        if "groups" not in run.cache:
            pk = next(iter(run.cache["newest"].values()))
            run.cache["groups"] = ChangeGroups(load_revisions(run.set_up, [pk])[pk], next_night(run))
        groups: ChangeGroups = run.cache["groups"]
        return groups

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """Open orders planned from an older revision, or under an older tariff, by id."""
        newest = run.cache["newest"]
        given = {name: run.cache[name] for name in ("tariff", "of_program")}
        given |= {"programs": list(newest), "revisions": list(newest.values())}
        if (refreshes := run.cache.get("refreshes")) is not None:
            return CHANGED_SINCE, {**given, "preview": refreshes.pk}
        return SQL["select_to_update"], given

    @uncollected()
    def work(self, run: Run, first: int, last: int) -> Report:
        """Update the items ``first`` to ``last``."""
        if "newest" not in run.cache:
            self._targets(run)
        newest = run.cache["newest"]
        ids, keep = self._locked(run, first, last)
        set_up = run.read_set_up()
        loaded: dict[int, LoadedRevision] = run.cache.setdefault("revisions", {})
        missing = set(newest.values()) - set(loaded)
        if missing:
            loaded.update(load_revisions(set_up, missing))
        report = Report()
        difference = Difference()
        planned = Planned()
        counted: dict[int, Counter[str]] = defaultdict(Counter)
        changed: list[OrderState] = []
        to_tell: list[tuple[OrderState, list[PriceChange]]] = []
        rising: list[OrderState] = []
        rows: list[ContinuityOrder] = []
        events = []
        updated: list[Updated] = []
        prices: dict[int, PriceList] = {}
        states = [state for state in read_orders(set_up, ids, loaded) if state.row.status == "open"]
        for state in states:
            revision = loaded.get(newest.get(state.row.program_id, 0))
            if revision is None or state.row.revision_id == revision.id:
                continue
            if revision.id not in prices:
                prices[revision.id] = price_lists(revision.product_ids[item] for item in revision.products_to_price)
            was_complete, was_paid_by, stood_on = state.row.complete, state.row.payment_schedule_id, state.revision
            found, counts = update(state, revision, prices[revision.id], difference)
            planned.updated(state, found)
            if repriced := price_notices.price_changes(found, set_up.tariff(state.row.tariff_id)):
                to_tell.append((state, repriced))
                if price_notices.rises(repriced):
                    rising.append(state)
            rows.append(state.row)
            paid_by = state.row.payment_schedule_id
            differs = bool(counts) or state.row.complete != was_complete or paid_by != was_paid_by
            counted[state.row.pk] += Counter(
                lines_added=counts.added, lines_changed=counts.changed, lines_cancelled=counts.cancelled
            )
            for adjustment in found.gone:
                number = state.row.order.number
                why = Reason("change_gone", {"kind": adjustment.kind, "event": stood_on.place_of(adjustment.key)})
                report.because(number, None, None, why)
            kept = state.billing_kept(revision)
            if kept is not None and not revision.billed_as(stood_on):
                counted[state.row.pk]["billing_kept"] = 1
                why = Reason(kept, {"method": state.row.payment_method, "schedule": _name(set_up, paid_by)})
                report.because(state.row.order.number, None, None, why)
                planned.billing_kept(state, _name(set_up, paid_by), why)
            if paid_by != was_paid_by:
                planned.billed(state, _name(set_up, was_paid_by), _name(set_up, paid_by))
            if is_preview(run):
                billing = None if paid_by == was_paid_by else (_name(set_up, was_paid_by), _name(set_up, paid_by))
                keeps = kept if not revision.billed_as(stood_on) else None
                updated.append(
                    Updated(
                        state,
                        update=found,
                        differs=differs,
                        was_complete=was_complete,
                        tariff=state.row.tariff_id,
                        billing=billing,
                        billing_kept=keeps,
                    )
                )
            if differs:
                changed.append(state)
                schedules = {"before": _name(set_up, was_paid_by), "after": _name(set_up, paid_by)}
                events.append(
                    Happened(
                        order_id=state.row.order_id,
                        kind="updated",
                        data={
                            "revision": revision.number,
                            "added": counts.added,
                            "changed": counts.changed,
                            "cancelled": counts.cancelled,
                            **({"payment_schedule": schedules} if paid_by != was_paid_by else {}),
                        },
                        place=state.row.parent_line_id,
                    )
                )
        before: dict[int, Asked] = {}
        alone = is_preview(run) and not any(s.row.upfront or s.row.tariff_id < run.cache["tariff"] for s in states)
        if alone:  # nothing of a preview reads these rows before they are taken back
            difference.refuse_too_dear()
        else:
            difference.write()
            _write(rows)
            before = asked([state.row.pk for state in states if state.row.upfront])
            priced = [state.row.pk for state in changed if state.row.upfront]
            self._spread(run, set_up, priced)
            more = asked_more(before, asked(priced), on=run.on)
            tell_price_changes(to_tell, more, on=run.on)
        followed = tariff_followed(run, set_up, states, planned)
        if not alone:
            write_history([*events, *followed.events], on=run.on, by=run.by)
        planned.write(run, first, last)
        again = sorted({s.row.pk for s in changed} | followed.differ)
        for pk in followed.differ:
            counted[pk]["charges_changed"] = 1
        for pk, of_prices in price_notices.counted(rising).items():
            counted[pk] += Counter(of_prices)
        if not run.arguments.get("night"):  # what was put back no night takes
            for pk in _taken_back(rows):
                counted[pk]["taken_back"] = 1
        done, differ = {row.pk for row in rows} | followed.moved, set(again)
        for state in states:
            if (pk := state.row.pk) in done:
                counted[pk]["updated" if pk in differ else "unchanged"] = 1
                counted[pk]["kept"] = int(bool(state.adjustments))
        for of in counted.values():
            for word, number in of.items():
                report.count(word, number)
        if again and not alone:
            blocked.recompute(again)
            self._spread(run, set_up, [s.row.pk for s in states if s.row.upfront and s.row.pk in followed.differ])
        if is_preview(run):
            everyone = _with_others(updated, states, followed)
            upfront = {state.row.pk for state in states if state.row.upfront}
            after = {pk: one for pk, one in before.items() if pk not in differ} | asked(upfront & differ)
            more = asked_more(before, after, on=run.on)
            self._groups(run).take(set_up, everyone, counted, planned.lines_of(states), more)
        if keep is not None:
            keep.write(run)
        return report

    def _spread(self, run: Run, set_up: SetUp, ids: Sequence[int]) -> None:
        """Bring the payments of orders billed up front in line with what is planned now."""
        if ids:
            due.recalculate(set_up, read_orders(set_up, ids, run.cache["revisions"]), by=run.by, on=run.on)

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Put the order aside."""
        if is_preview(run):
            (subject,) = touched.places(run, seq, seq)
            self._groups(run).put_aside(subject, self.named(run, seq)[0])
        return park_uncounted(self, run, seq, reason, sqlstate)

    def _locked(self, run: Run, first: int, last: int) -> tuple[list[int], Keep | None]:
        """The continuity orders of a chunk, locked; and, where what is changed is kept, the rows as they are. Then their
        parents are locked too, so that only what the update changes is kept.
        """
        if not run.arguments.get("keep"):
            return [row[0] for row in sql.tuples(SQL["lock"], {"run": run.id, "first": first, "last": last})], None
        found = dict(sql.tuples(SQL["orders"], {"run": run.id, "first": first, "last": last}))
        orders = sorted(set(found.values()))
        lock_many(orders)
        return sorted(found), Keep(rows_of(orders), last_events(orders))


@dataclass(frozen=True, slots=True)
class Keep:
    """The rows of orders before an update that is kept, and the last thing that had happened to each."""

    were: Mapping[int, Rows]
    before: Mapping[int, int]

    def write(self, run: Run) -> None:
        """Keep what the update has changed."""
        keep_changes(self.were, self.before, action=UPDATE, by=run.started_by, on=run.on, run=run.id)


def _taken_back(rows: Sequence[ContinuityOrder]) -> list[int]:
    """Those of these orders from which the revision that they are to follow was taken back before."""
    given = {"ids": [row.pk for row in rows], "revisions": [row.revision_id for row in rows], "action": UPDATE}
    return [pk for (pk,) in sql.tuples(SQL["taken_back"], given)]


def _with_others(updated: Sequence[Updated], states: Sequence[OrderState], followed: Followed) -> list[Updated]:
    """All orders that were rehearsed: also those that stand on the revision and follow the tariff alone."""
    by_id = {one.state.row.pk: one for one in updated}
    found = []
    for state in states:
        row = state.row
        one = by_id.get(row.pk) or Updated(state, was_complete=row.complete, tariff=row.tariff_id)
        found.append(one._replace(new_tariff=row.tariff_id, differs=one.differs or row.pk in followed.differ))
    return found


def update(
    state: OrderState, revision: LoadedRevision, prices: PriceList, difference: Difference
) -> tuple[Update, Counts]:
    """Let one order follow a newer revision; how it is planned then, and how much of it differs."""
    found = planned_with(state, revision, prices)
    counts = difference.add(found.before, found.after, why=found.left_out)
    state.row.prices = found.prices
    state.row.revision_id = revision.id
    state.row.complete = found.complete
    if state.billing_kept(revision) is None:
        state.row.payment_schedule_id = revision.payment_schedule_id
    return found, counts


def _name(set_up: SetUp, schedule: int | None) -> str | None:
    """The name of a payment schedule."""
    return None if schedule is None else set_up.schedules[schedule].name


def _write(rows: list[ContinuityOrder]) -> None:
    """Write what planning has decided of continuity orders: one statement, whatever their number."""
    sql.execute(
        "update continuity_continuityorder c"
        " set revision_id = n.revision_id, complete = n.complete, prices = n.prices,"
        "     payment_schedule_id = n.payment_schedule_id"
        " from unnest(%s::bigint[], %s::bigint[], %s::boolean[], %s::jsonb[], %s::bigint[])"
        "   as n(id, revision_id, complete, prices, payment_schedule_id)"
        " where c.id = n.id",
        [
            [row.pk for row in rows],
            [row.revision_id for row in rows],
            [row.complete for row in rows],
            [json.dumps(row.prices) for row in rows],
            [row.payment_schedule_id for row in rows],
        ],
    )
