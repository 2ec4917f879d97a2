"""A tenant, for those who may see it."""

from __future__ import annotations

from reticket.core.commands import FindTenant
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Holder
from reticket.core.people import Application, User
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.access import holders
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.document import TENANTS, described, in_path
from reticket.dialects.kibo.profile import tenant_of
from reticket.dialects.kibo.schemas import Int32, Tenant, encode
from reticket.wire import Operation, Route, WireRequest

ID = "tenantId"


def read(request: WireRequest) -> Operation:
    """A tenant that everyone may see in whose name the request comes."""
    wanted = inputs.selection(inputs.query(request))
    tenant_id = inputs.int32(request.parameters[ID], ID)
    who = yield from holders(request)
    tenant = yield from FindTenant(tenant_id)
    if tenant is None:
        raise Refusal(Code.NOT_FOUND)
    if not all(_may_see(holder, tenant_id) for holder in who):
        raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
    return answer(request, 200, encode(tenant_of(tenant)), wanted)


def _may_see(holder: Holder, tenant_id: int) -> bool:
    if isinstance(holder, User):
        return any(one.id == tenant_id for one in holder.tenants)
    if isinstance(holder, Application):
        return holder.tenants is None or tenant_id in holder.tenants
    return False


ROUTES = (
    Route(
        "GET",
        f"/platform/tenants/{{{ID}}}",
        read,
        described(
            "Get Tenant",
            "A tenant, for an application or a user that may see it.",
            TENANTS,
            (200, Tenant),
            in_path(ID, Int32, "The tenant"),
        ),
    ),
)
