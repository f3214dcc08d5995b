"""Who buys: customers, their addresses and stored cards (never a card number)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from perennial.db.history import tracked
from perennial.db.models import Code


@tracked
class Customer(models.Model):
    """A person who has orders. ``credit_limit_minor`` is what a bundle carries; nothing here holds an order back by it.
    ``source_code``: where they came from first.
    """

    account = Code(unique=True)
    name = models.TextField(db_default="")
    email = models.TextField(null=True)
    phone = models.TextField(null=True)
    language = models.TextField(null=True)
    allow_on_account = models.BooleanField(db_default=False)
    credit_limit_minor = models.BigIntegerField(null=True)
    source_code = Code(null=True)


@tracked
class Address(models.Model):
    """Where parcels go; ``code`` null: an address that was written into one order."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="addresses")
    code = Code(null=True)
    number = models.IntegerField(db_default=1)
    purpose = models.TextField(db_default="delivery")
    recipient = models.TextField(null=True)
    street = models.TextField(db_default="")
    city = models.TextField(db_default="")
    postcode = models.TextField(db_default="")
    region = Code(null=True)
    country = Code(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "code"], name="one_address_code")]


@tracked
class StoredCard(models.Model):
    """A card that a gateway keeps for us (null: the one that charges here); ``expires_on`` is the last day of its
    month. ``network_transaction_id``: what the card's network gave to the first charge, sent with every later one.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="cards")
    number = models.IntegerField(db_default=1)
    token = Code()
    gateway = Code(null=True)
    brand = models.TextField(null=True)
    last4 = models.TextField(null=True)
    exp_month = models.SmallIntegerField()
    exp_year = models.SmallIntegerField()
    expires_on = models.DateField()
    network_transaction_id = models.TextField(null=True)
    refused = models.BooleanField(db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "token"], name="one_card_token"),
            models.CheckConstraint(condition=Q(exp_month__gte=1, exp_month__lte=12), name="card_month"),
        ]
        indexes = [models.Index(fields=["expires_on"], name="cards_by_end")]


class CustomerSearch(models.Model):
    """The words by which a customer is found, as people type them who have no accents.

    Kept by triggers of the customers and their addresses (migration 0002).
    """

    customer = models.OneToOneField(
        Customer, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="customers_by_words", gin_pending_list_limit=1024)]


class GatewayCustomer(models.Model):
    """How a gateway calls a customer whose cards it keeps."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="gateway_customers", db_index=False)
    gateway = Code()
    reference = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "gateway"], name="one_gateway_customer")]
