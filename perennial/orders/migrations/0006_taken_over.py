"""Which orders and children came from elsewhere, a column of its own: so far only their histories told.

On which day an older one came is not known any more: it has its order date.
"""

from django.db import migrations, models

PARENTS = """
update orders_salesorder p set taken_over_on = p.order_date
 where p.parent_id is null
   and not exists (select from orders_orderevent w where w.order_id = p.id and w.kind = 'entered')
"""
CHILDREN = """
update orders_salesorder k set taken_over_on = k.order_date
 where k.parent_id is not null
   and not exists (select from orders_orderevent w
                    where w.order_id = k.parent_id and w.kind = 'child_created' and w.data ->> 'child' = k.number)
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_history")]

    operations = [
        migrations.AddField("salesorder", "taken_over_on", models.DateField(null=True)),
        migrations.RunSQL([PARENTS, CHILDREN], migrations.RunSQL.noop),
    ]
