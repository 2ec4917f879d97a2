"""The realms of shoppers: one for each tenant, apart from the people who administer it."""

from __future__ import annotations

from reticket.core.model import Place
from reticket.core.realms import Realms

SHOPPERS = Realms(
    "kibo.shopper",
    "shoppers of a tenant",
    Place.TENANT,
    demo={
        1000: [
            {
                "email": "joan@example.com",
                "user_name": "joan",
                "password": "hut eight",
                "first_name": "Joan",
                "last_name": "Clarke",
            }
        ]
    },
)
