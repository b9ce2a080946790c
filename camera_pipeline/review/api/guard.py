"""The door before pages and API, as ASGI middleware: who may come in at all, from which page, how often, how large.

| comes | needs |
|---|---|
| sign-in page, its style, `/healthz` | nothing |
| sign in | the right origin; few attempts a minute from one address |
| everything else, WebSockets included | a session that has not ended |
| what changes something | the right origin; at the API also the session's CSRF token |

Rights are not checked here: every service function asks for its own.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response

from camera_pipeline.errors import SignInError
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.sign_in import csrf_token, resume

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SIGN_IN = "/sign-in"
PASSWORD = "/password"  # noqa: S105 - a path
OPEN_PATHS = frozenset({SIGN_IN, "/static/sign-in.css", "/healthz"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST = 64 * 1024  # bytes of a request; pictures only go out
_BURST, _A_SECOND = 240.0, 40.0  # requests of one address: a case with its pictures is some 15
_SIGN_IN_BURST, _SIGN_IN_A_SECOND = 10.0, 1 / 6
_REMEMBERED = 10_000  # addresses

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STRICT = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; style-src 'self'; img-src 'self'"
)
# The framework compiles its templates in the browser and styles elements one by one: both need `unsafe`.
_PAGES = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)
_HSTS = "max-age=31536000"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class RateLimit:
    """Token buckets by address; the oldest addresses are forgotten.

    Args:
        burst: requests that may come at once.
        a_second: requests that may go on coming.
    """

    def __init__(self, burst: float, a_second: float) -> None:
        self._burst, self._a_second = burst, a_second
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def allows(self, address: str, now_s: float) -> bool:
        """Take one token; False when there is none."""
        bucket = self._buckets.pop(address, None) or _Bucket(self._burst, now_s)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.at_s) * self._a_second)
        bucket.at_s = now_s
        self._buckets[address] = bucket
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= 1.0
        return True


class Guard:
    """The middleware; see the table above.

    Args:
        app: what it guards.
        desk: knows sessions.
        origin: of the pages, as browsers tell it; None: scheme and host of each request.
        secure: served by TLS, here or by a proxy: the cookie is never sent otherwise.
    """

    def __init__(self, app: App, desk: Desk, origin: str | None, *, secure: bool) -> None:
        self._app = app
        self._desk = desk
        self._origin = origin
        self._secure = secure
        self._all = RateLimit(_BURST, _A_SECOND)
        self._sign_ins = RateLimit(_SIGN_IN_BURST, _SIGN_IN_A_SECOND)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = self._refusal(scope, connection) or await self._without_session(scope, connection)
        if refusal is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await (refusal or self._app)(scope, receive, self._with_headers(scope, send))

    def _refusal(self, scope: Scope, connection: HTTPConnection) -> Response | None:
        address = connection.client.host if connection.client else ""
        changes = scope.get("method") not in _SAFE  # a WebSocket has no method and may change anything
        signs_in = changes and scope["path"] in (SIGN_IN, "/api/session") and scope.get("method") == "POST"
        limit = self._sign_ins if signs_in else self._all
        if not limit.allows(address, time.monotonic()):
            return _problem(429, "too many requests: wait a little")
        if changes and not self._is_own(connection.headers, scope):
            return _problem(403, "this request comes from a page of another site")
        if changes and scope["type"] == "http" and _is_too_large(connection.headers):
            return _problem(413, f"a request has at most {_LARGEST} bytes, and says how many")
        return None

    async def _without_session(self, scope: Scope, connection: HTTPConnection) -> Response | None:
        path = scope["path"]
        if path in OPEN_PATHS or (path == "/api/session" and scope.get("method") == "POST"):
            return None
        token = connection.cookies.get(cookie_name(secure=self._secure), "")
        address = connection.client.host if connection.client else ""
        try:
            actor = await run_in_threadpool(resume, self._desk, token, address)
        except SignInError as error:
            return _problem(401, str(error)) if _is_for_programs(scope) else RedirectResponse(SIGN_IN, 303)
        changes = path.startswith("/api/") and scope.get("method") not in _SAFE
        if changes and connection.headers.get("x-csrf-token") != csrf_token(token):
            return _problem(403, "the header X-CSRF-Token is missing or wrong: GET /api/session tells it")
        if actor.must_change_password and not _is_for_programs(scope) and path not in (PASSWORD, "/sign-out"):
            return RedirectResponse(PASSWORD, 303)
        scope.setdefault("state", {}).update(actor=actor, token=token)
        return None

    def _is_own(self, headers: Headers, scope: Scope) -> bool:
        """Browsers tell the origin of whatever changes something, and of every WebSocket; programs tell none."""
        origin = headers.get("origin")
        if origin is None:
            return scope["type"] == "http"
        if self._origin is not None:
            return origin == self._origin
        return urlsplit(origin).netloc == headers.get("host", "")

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def wrapped(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_COMMON)
                strict = scope["path"].startswith("/api/") or scope["path"] in (SIGN_IN, PASSWORD)
                headers["Content-Security-Policy"] = _STRICT if strict else _PAGES
                if not scope["path"].startswith(("/_nicegui/", "/static/")):
                    headers["Cache-Control"] = "no-store"
                if self._secure:
                    headers["Strict-Transport-Security"] = _HSTS
            await send(message)

        return wrapped


def cookie_name(*, secure: bool) -> str:
    """Return the name of the session's cookie; `__Host-` binds it to TLS and to this host."""
    return "__Host-session" if secure else "session"


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Hand the session to the browser: scripts cannot read it, and other sites cannot send it."""
    response.set_cookie(cookie_name(secure=secure), token, httponly=True, samesite="strict", secure=secure, path="/")


def _is_too_large(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdecimal() or int(length) > _LARGEST


def _is_for_programs(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["path"].startswith(("/api/", "/_nicegui"))


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)
