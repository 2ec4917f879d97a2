"""Under which settings the folder was made, and has to be opened."""

from tests.compat.clients import ISSUER

from reticket.dialects import presets

CENTURY = str(36525 * 86400)
WINDOW = 1
"""Seconds that a rotation forgives an older token."""

SETTINGS = {
    "RETICKET_ISSUER": ISSUER,
    **{
        f"RETICKET_POLICIES__{name}__{member}": CENTURY
        for name in presets()
        for member in ("ACCESS", "REFRESH", "ABSOLUTE")
    },
    **{
        f"RETICKET_POLICIES__{name}__WINDOW": str(WINDOW)
        for name in presets()
        if not name.startswith("FAPI")
    },
}
"""Its tokens have to live longer than this project's interest in them."""
