"""Reasons become data. What was written as a sentence is kept as the words that it was, until it is planned anew."""

from django.db import migrations, models

KEPT = """
update continuity_occurrence set
  why = case when why_date = '' then '{"rule": "taken_over"}' else jsonb_build_object('rule', 'words', 'words', why_date) end,
  cancelled_because = case when why_cancelled = '' then null
                           else jsonb_build_object('code', 'words', 'words', why_cancelled) end;
update continuity_continuityline set
  why = jsonb_build_object('product', 'words', 'price', 'words', 'product_words', why_product, 'price_words', why_price)
 where why_product <> '' or why_price <> '';
"""
AS_IT_WAS = """
update continuity_occurrence set why_date = coalesce(why ->> 'words', why::text),
                                 why_cancelled = coalesce(cancelled_because ->> 'words', cancelled_because::text, '');
update continuity_continuityline set why_product = coalesce(why ->> 'product_words', ''),
                                     why_price = coalesce(why ->> 'price_words', '');
"""


class Migration(migrations.Migration):
    dependencies = [("continuity", "0002_why_cancelled")]

    operations = [
        migrations.AddField(
            "occurrence",
            "why",
            models.JSONField(db_default=models.Value('{"rule": "taken_over"}', output_field=models.JSONField())),
        ),
        migrations.AddField("occurrence", "cancelled_because", models.JSONField(null=True)),
        migrations.AddField("continuityline", "why", models.JSONField(null=True)),
        migrations.RunSQL(KEPT, AS_IT_WAS),
        migrations.RemoveField("occurrence", "why_date"),
        migrations.RemoveField("occurrence", "why_cancelled"),
        migrations.RenameField("occurrence", "cancelled_because", "why_cancelled"),
        migrations.RemoveField("continuityline", "why_product"),
        migrations.RemoveField("continuityline", "why_price"),
    ]
