"""Of the refunds so far: what was taken beyond what its order costs now had been paid for what did not come, the oldest first."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

SO_FAR = """
with given as (
  select r.id, r.continuity_order_id, r.amount_minor,
         sum(r.amount_minor) over (partition by r.continuity_order_id order by r.id) - r.amount_minor as before
    from payments_payment r
   where r.purpose = 'refund' and r.continuity_order_id is not null
     and r.status not in ('cancelled', 'voided', 'expired', 'written_off')),
beyond as (
  select c.id, sum(case when y.status = 'billed' then y.amount_minor else y.captured_minor end) - c.owed_minor as minor
    from continuity_continuityorder c join payments_payment y on y.continuity_order_id = c.id and y.purpose = 'order'
   where c.id in (select continuity_order_id from given) and c.owed_minor is not null
   group by c.id)
update payments_payment r set overpaid_minor = least(g.amount_minor, b.minor - g.before)
  from given g join beyond b on b.id = g.continuity_order_id
 where r.id = g.id and b.minor > g.before
"""


class Migration(migrations.Migration):
    atomic = False  # it locks out nobody who writes
    dependencies = [("payments", "0025_overpaid")]

    operations = [
        migrations.RunSQL(SO_FAR, migrations.RunSQL.noop),
        ValidateConstraint(model_name="payment", name="overpaid_at_most_given_back"),
    ]
