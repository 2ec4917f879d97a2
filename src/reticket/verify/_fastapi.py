"""The class by which FastAPI recognises a security scheme, with a stand-in when FastAPI is
missing.
"""

try:
    from fastapi.security import SecurityScopes
    from fastapi.security.base import SecurityBase
except ImportError:

    class SecurityBase:  # type: ignore[no-redef]
        """A stand-in; without FastAPI it is not used."""

    class SecurityScopes:  # type: ignore[no-redef]
        """A stand-in; without FastAPI no scopes are collected."""

        scopes: tuple[str, ...] = ()


__all__ = ["SecurityBase", "SecurityScopes"]
