"""The order in which an order's history is told, whichever of a run's processes wrote first."""

from django.db import migrations, models

HISTORY = """
create view orders_history as
-- What one run did about an order stands by the places that the run gave it, where nothing else came in between;
-- all else as it was written down. The holds that failed payments place come behind all of these payments.
select s.id, s.order_id,
       row_number() over (partition by s.order_id
                          order by s.stretch, s.kind = 'held', s.place, s.data -> 'shipment', s.data -> 'child', s.id)
         as position
  from (select g.*, count(*) filter (where not g.goes_on) over (partition by g.order_id order by g.id) as stretch
          from (select e.id, e.order_id, e.kind, e.place, e.data,
                       coalesce(e.by = lag(e.by) over before and e.place is not null
                                and lag(e.place) over before is not null, false) as goes_on
                  from orders_orderevent e
                window before as (partition by e.order_id order by e.id)) g) s
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_states")]

    operations = [
        migrations.AddField("orderevent", "place", models.BigIntegerField(null=True)),
        migrations.RunSQL(HISTORY, "drop view orders_history"),
    ]
