"""The class by which FastAPI recognises a security scheme, with a stand-in when FastAPI is
missing.
"""

try:
    from fastapi.security import SecurityScopes
    from fastapi.security.base import SecurityBase
except ImportError:

    class SecurityBase:  # type: ignore[no-redef]
        """Without FastAPI nobody asks what it is."""

    class SecurityScopes:  # type: ignore[no-redef]
        """Without FastAPI nobody collects scopes."""

        scopes: tuple[str, ...] = ()


__all__ = ["SecurityBase", "SecurityScopes"]
