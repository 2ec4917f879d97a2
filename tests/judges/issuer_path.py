"""A proxy before the service, for an issuer that shares its host: it removes the issuer's path."""

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

LEFT_OUT = ("content-length", "transfer-encoding", "connection", "date", "server")


def behind_path(origin, path):
    """Passes what is below `path` without it, and `/.well-known/` as it is."""

    async def passed(request):
        asked = request.url.path.removeprefix(path)
        headers = [(name, value) for name, value in request.headers.items() if name != "host"]
        async with httpx.AsyncClient(base_url=origin) as client:
            answer = await client.request(
                request.method, f"{asked}?{request.url.query}", headers=headers,
                content=await request.body(),
            )  # fmt: skip
        said = {name: value for name, value in answer.headers.items() if name not in LEFT_OUT}
        return Response(answer.content, answer.status_code, said)

    places = (f"{path}/{{rest:path}}", "/.well-known/{rest:path}")
    return Starlette(routes=[Route(place, passed, methods=["GET", "POST"]) for place in places])
