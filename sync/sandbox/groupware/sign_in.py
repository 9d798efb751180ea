"""`/sign-in`: people come in through Microsoft 365, and an administrator goes to connect it.

A page with two buttons, and the address that the sync service posts a hand-over to. As on the whole groupware, nobody
types a password; whoever opens the page may play the administrator.
"""

from __future__ import annotations

import json
import secrets
import threading
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlencode, urlsplit

import jwt
from flask import Flask, Response, request

from sync.sandbox.clock import Clock
from sync.sandbox.groupware.directory import Directory, Kind
from sync.sandbox.groupware.hand_over import HandOvers, Refused, SyncService, local_path

ROOT = "/sign-in"
STATE, SESSION = "groupware_sign_in_state", "groupware_session"
STATE_LIFE, SESSION_LIFE = timedelta(minutes=10), timedelta(hours=8)
TICKET_LIFE = timedelta(minutes=5)
ADMINISTRATOR = "administrator"
HEADERS = {
    # No `form-action`: browsers apply it to the redirects behind a form, which lead to the service and to Microsoft.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STYLE = "body{font:16px/1.6 system-ui,sans-serif;margin:2rem auto;max-width:34rem;padding:0 1rem}small{color:#666}"


class SignIn:
    """`sessions` lives in memory: a restart signs everybody out."""

    def __init__(
        self, service: SyncService, directory: Directory, clock: Clock, hand_overs: HandOvers
    ) -> None:
        self._service, self._directory, self._clock, self._hand_overs = service, directory, clock, hand_overs
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[str, datetime]] = {}

    def install(self, app: Flask) -> None:
        def add(method: str, rule: str, view: object) -> None:
            app.add_url_rule(ROOT + rule, f"sign-in {method} {rule}", view, methods=[method])  # type: ignore[arg-type]

        add("GET", "", self.show)
        add("POST", "", self.receive)
        add("POST", "/start", self.start)
        add("POST", "/connect", self.connect)
        add("POST", "/out", self.leave)
        add("GET", "/session", self.session)

    def show(self) -> Response:
        user = self.user_of(request.cookies.get(SESSION, ""))
        if user is None:
            lines = ["<p>サインインしていません。 <small>You are not signed in.</small></p>"]
        else:
            name = self._directory.get(Kind.USER, user)["name"]
            lines = [
                f"<p><strong>{escape(name)}</strong> さんがサインインしています。<small>{escape(user)}</small></p>"
            ]
            lines.append(button("/out", "サインアウト / Sign out"))
        lines.append(button("/start", "Microsoft 365 でサインイン / Sign in with Microsoft 365"))
        lines.append("<h2>管理者 <small>Administrator</small></h2>")
        lines.append(button("/connect", "Microsoft 365 に接続 / Connect Microsoft 365"))
        return page("グループウェア", lines)

    def start(self) -> Response:
        """To Microsoft, by way of the service. The cookie tells later that it was this browser that began."""
        state = secrets.token_urlsafe(32)
        try:
            wanted = local_path(request.form.get("return", ROOT))
        except Refused as refused:
            return self._refuse(refused)
        asked = {"state": state, "return": wanted, "org": self._service.organization}
        answer = go(f"{self._service.url}/api/oauth/login?{urlencode(asked)}")
        # The way back is a form from another site: a Lax cookie stays at home then. http is for one machine only.
        is_https = request.is_secure
        answer.set_cookie(
            STATE,
            state,
            max_age=STATE_LIFE,
            path=ROOT,
            httponly=True,
            secure=is_https,
            samesite="None" if is_https else "Lax",
        )
        return answer

    def receive(self) -> Response:
        """The hand-over: a form with `token`."""
        try:
            self._check_origin()
            tokens = request.form.getlist("token")
            if len(tokens) != 1:
                raise Refused("malformed")
            arrival = self._hand_overs.read(tokens[0], request.cookies.get(STATE, ""))
            user = self._directory.find(Kind.USER, arrival.user)
            if user is None or not user["active"]:
                raise Refused("user")
        except Refused as refused:
            return self._refuse(refused)
        answer = go(arrival.return_to)
        answer.delete_cookie(STATE, path=ROOT)
        # Always a new one: a session from before the sign-in could be somebody else's.
        answer.set_cookie(
            SESSION,
            self._open(arrival.user),
            max_age=SESSION_LIFE,
            httponly=True,
            secure=request.is_secure,
            samesite="Lax",
        )
        return answer

    def connect(self) -> Response:
        """An administrator's browser goes to the service with a ticket, which is good once and for five minutes."""
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": self._service.issuer,
            "aud": self._service.audience,
            "sub": ADMINISTRATOR,
            "role": "admin",
            "org": self._service.organization,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + int(TICKET_LIFE.total_seconds()),
        }
        ticket = jwt.encode(claims, self._service.secret, "HS256")
        return go(f"{self._service.url}/api/oauth/connect?{urlencode({'ticket': ticket})}")

    def leave(self) -> Response:
        with self._lock:
            self._sessions.pop(request.cookies.get(SESSION, ""), None)
        answer = go(ROOT)
        answer.delete_cookie(SESSION)
        return answer

    def session(self) -> Response:
        """Who is signed in, for programs: `{"user": "u-1"}`, or null."""
        found = {"user": self.user_of(request.cookies.get(SESSION, ""))}
        return Response(json.dumps(found), headers=HEADERS, mimetype="application/json")

    def user_of(self, session: str) -> str | None:
        with self._lock:
            user, until = self._sessions.get(session, (None, self._clock.now()))
        found = self._directory.find(Kind.USER, user)
        return user if until > self._clock.now() and found is not None and found["active"] else None

    def _open(self, user: str) -> str:
        session, now = secrets.token_urlsafe(32), self._clock.now()
        with self._lock:
            self._sessions = {name: kept for name, kept in self._sessions.items() if kept[1] > now}
            self._sessions[session] = (user, now + SESSION_LIFE)
        return session

    def _check_origin(self) -> None:
        """Browsers say where a form comes from; only the service's page sends this one."""
        origin = request.headers.get("Origin")
        if origin is not None and origin != origin_of(self._service.url):
            raise Refused("origin")

    def _refuse(self, refused: Refused) -> Response:
        lines = [
            "<p>Microsoft 365 でのサインインを完了できませんでした。もう一度お試しください。<br>",
            "<small>The sign-in with Microsoft 365 could not be completed. Please try again.</small></p>",
            f"<p><small>{escape(refused.reason)}</small></p>",
            f"<p><a href='{ROOT}'>サインイン画面に戻る / Back</a></p>",
        ]
        return page("サインインできません", lines, 403)


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def button(path: str, text: str) -> str:
    return f"<form method=post action='{ROOT}{path}'><button>{escape(text)}</button></form>"


def page(title: str, lines: list[str], status: int = 200) -> Response:
    html = (
        "<!doctype html><html lang=ja><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>{''.join(lines)}"
    )
    return Response(html, status, HEADERS, mimetype="text/html")


def go(address: str) -> Response:
    """Always by GET: no form is sent on."""
    answer = Response(status=303, headers=HEADERS)
    answer.headers["Location"] = address
    answer.autocorrect_location_header = False
    return answer
