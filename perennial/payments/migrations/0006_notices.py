"""What customers were told so far, about which card, payment or try: the text that said so becomes keys and facts."""

from django.db import migrations

CARDS = r"""
update notices_notice n
   set card_id = substring(n.about from 6)::bigint, language = c.language,
       facts = coalesce((select jsonb_build_object('brand', d.brand, 'last4', d.last4, 'expires_on', d.expires_on)
                           from customers_storedcard d where d.id = substring(n.about from 6)::bigint), '{}')
  from customers_customer c
 where c.id = n.customer_id and n.about ~ '^card:\d{1,18}$'
"""
BILLS = r"""
update notices_notice n
   set payment_id = p.id, order_id = coalesce(o.parent_id, o.id, co.order_id), language = c.language,
       facts = jsonb_build_object('order', coalesce(o.number, root.number), 'amount_minor', p.amount_minor,
                                  'currency', p.currency, 'due_on', p.due_on)
  from payments_payment p
  join customers_customer c on c.id = p.customer_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder co on co.id = p.continuity_order_id
  left join orders_salesorder root on root.id = co.order_id
 where n.about ~ '^payment \d{1,18}$' and p.id = substring(n.about from 9)::bigint
"""
TRIES = """
update notices_notice n
   set attempt_id = a.id, payment_id = p.id, order_id = coalesce(o.parent_id, o.id, co.order_id), language = c.language,
       facts = jsonb_build_object('order', coalesce(o.number, root.number), 'amount_minor', a.amount_minor,
                                  'currency', p.currency, 'brand', d.brand, 'last4', d.last4, 'category', a.category)
  from payments_attempt a
  join payments_payment p on p.id = a.payment_id
  join customers_customer c on c.id = p.customer_id
  left join customers_storedcard d on d.id = a.card_id
  left join orders_salesorder o on o.id = p.order_id
  left join continuity_continuityorder co on co.id = p.continuity_order_id
  left join orders_salesorder root on root.id = co.order_id
 where a.key = n.about
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_keys"), ("payments", "0005_attempts_of_card")]

    operations = [migrations.RunSQL([CARDS, BILLS, TRIES], migrations.RunSQL.noop)]
