from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reticket.core.commands import ResetCode
from reticket.core.model import AccessToken, Family, Holder, Issued, RefreshToken
from reticket.core.people import (
    Application,
    DeveloperAccount,
    Guest,
    Tenant,
)
from reticket.core.ports import Counted
from reticket.dialects import kibo
from reticket.dialects.kibo import tenant_facts
from reticket.dialects.kibo.person import Person
from reticket.dialects.kibo.program_facts import Program
from reticket.dialects.kibo.tenant_facts import Attribute, Catalog, MasterCatalog, Site
from reticket.testing.dialect_samples import PLAIN_ADA, sample_access, sample_family, sample_pair

SIGNED_IN_BEFORE = 1_745_564_308_000
CREATED_AT = "2020-07-23T12:00:00.000Z"
UPDATED_AT = "2020-07-23T12:00:00.001Z"

ACME = Tenant(
    1000,
    "Acme US",
    (
        (
            "kibo",
            tenant_facts.Tenant(
                domain="t1000.example.com",
                is_unified=True,
                expiry="2030-01-02T03:04:05.006Z",
                attributes=(
                    Attribute("limits", {"orders": 5000}, "setup", CREATED_AT, None, CREATED_AT),
                ),
                master_catalogs=(
                    MasterCatalog(
                        1, "Master", "en-US", "USD", ("en-US", "fr-CA"),
                        (Catalog(2, "US catalog", "en-US", "USD"),),
                    ),
                ),
                sites=(
                    Site(
                        2000, "Shop", "shop.example.com", None, 2, "en-US", "USD", "US",
                        (Attribute("theme", "dark", None, CREATED_AT, "ops", UPDATED_AT),),
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip
BARE = Tenant(1001, None, (("kibo", tenant_facts.Tenant(is_dev_tenant=True)),))
ADA = replace(
    PLAIN_ADA,
    last_name=None,
    tenants=(ACME, BARE),
    accounts=(DeveloperAccount(77, "Acme Developers"), DeveloperAccount(78, None)),
    parts=(("kibo", Person({1000: (1, 2, 17), 1001: (1,)}, {77: (1, 2)})),),
)
ALAN = replace(ADA, tenants=ADA.tenants[:1], accounts=ADA.accounts[:1])
NOBODY = replace(ADA, tenants=(), accounts=())
APPLICATION = Application("ns.app.1.0.0.Release", frozenset({1000}), disabled=False)
SANDBOX = Application(
    "ns.sandbox.2.0.0.Release", None, False, (("kibo", Program(environment_scope="Sandbox")),)
)
KIND = next(kind for kind in kibo.build().kinds if kind.name == "kibo.adminuser")
FAMILY = sample_family(KIND)._replace(previous_sign_in=SIGNED_IN_BEFORE)


def issued_to(holder: Holder, context: str | None = None, family: Family = FAMILY) -> Issued:
    return replace(sample_pair(family, holder, context), access_token="head.access.sign")


def access_of(holder: Holder) -> tuple[AccessToken, Holder]:
    return sample_access(KIND, holder), holder


GUEST = Guest("fedcba9876543210fedcba9876543210")
ANONYMOUS = FAMILY._replace(
    resource="kibo.anonymous_shopper", subject=GUEST.id, context="1000", terms='{"site":2000}'
)


EVE = replace(
    PLAIN_ADA,
    id="00112233445566778899aabbccddeeff",
    email="eve@example.com",
    first_name="Eve",
    last_name=None,
    realm="kibo.shopper:1000",
    user_name="eve",
    number=1017,
    updated_at=1_595_505_600_001,
)
MIA = replace(EVE, id="0" * 32, email="mia@example.com", user_name=None, number=1018)
OF_EVE = FAMILY._replace(
    resource="kibo.shopper",
    subject=EVE.id,
    context="1000",
    terms='{"site":2000,"account":1017}',
)


def access_of_shop(application: Application) -> tuple[AccessToken, Holder]:
    kind = next(kind for kind in kibo.build().kinds if kind.name == "kibo.application")
    return sample_access(kind, application), application


SAMPLES: Mapping[str, Any] = {
    "random": bytes.fromhex(GUEST.id),
    "shop": access_of_shop(APPLICATION),
    "shop of all tenants": access_of_shop(SANDBOX),
    "eve": EVE,
    "mia": MIA,
    "no shopper": None,
    "issued to eve": issued_to(EVE, "1000", OF_EVE),
    "session of eve": OF_EVE,
    "opaque token": RefreshToken(ANONYMOUS.id, 2, "1000", 0),
    "code for eve": ResetCode(EVE, "c0de"),
    "no code": None,
    "noon": 1_745_650_800_000,
    "done": None,
    "issued to guest": issued_to(GUEST, "1000", ANONYMOUS),
    "anonymous session": ANONYMOUS,
    "first": Counted(1, 600_000),
    "last allowed": Counted(2, 600_000),
    "one too many": Counted(3, 300_000),
    "two too many": Counted(4, 299_001),
    "ada": ADA,
    "alan": ALAN,
    "nobody": NOBODY,
    "application": APPLICATION,
    "sandbox": SANDBOX,
    "family": FAMILY,
    "tenant": ACME,
    "bare tenant": BARE,
    "no tenant": None,
    "issued to application": issued_to(APPLICATION),
    "issued to sandbox": issued_to(SANDBOX),
    "issued to ada": issued_to(ADA),
    "issued to ada for 1000": issued_to(ADA, "1000"),
    "issued to ada for 77": issued_to(ADA, "77"),
    "issued to alan for 1000": issued_to(ALAN, "1000", FAMILY._replace(previous_sign_in=None)),
    "issued to nobody for 1000": issued_to(NOBODY, "1000"),
    "issued to alan for 77": issued_to(ALAN, "77"),
    "access of application": access_of(APPLICATION),
    "access of sandbox": access_of(SANDBOX),
    "access of ada": access_of(ADA),
    "access of nobody": access_of(NOBODY),
}
