"""The pages of Entra that people click through: plain HTML, no scripts, and every one says that it is simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.refusals import EntraError
from sync.sandbox.microsoft365.users import User

STYLE = """body{font:16px/1.6 system-ui,sans-serif;margin:2rem auto;max-width:34rem;padding:0 1rem}
.simulated{background:#fd0;padding:.3rem .6rem;font-weight:bold}small{color:#555}
button{font:inherit;padding:.4rem .8rem;margin:.2rem 0}.account{display:block;width:100%;text-align:left}"""
# Somebody whose home is another tenant, so that the refusal of section 12.4 can be clicked.
STRANGER = "someone@another-tenant.example"
WORDS = {
    "Calendars.ReadWrite": (
        "すべてのメールボックスの予定表の読み取りと書き込み",
        "Read and write calendars in all mailboxes",
    ),
    "Calendars.Read": ("すべてのメールボックスの予定表の読み取り", "Read calendars in all mailboxes"),
    "User.Read.All": ("すべてのユーザーのプロファイルの読み取り", "Read all users' full profiles"),
    "Contacts.Read": ("すべてのメールボックスの連絡先の読み取り", "Read contacts in all mailboxes"),
    "Application.Read.All": ("すべてのアプリケーションの読み取り", "Read all applications"),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a browser gets: a page, or the way to another address. `account` is remembered by a cookie."""

    status: int
    html: str = ""
    location: str = ""
    account: str = ""


def build_page(title: str, english: str, body: Iterable[str], status: int = 200) -> Reply:
    html = (
        "<!doctype html><html lang=ja><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)} (模擬)</title><style>{STYLE}</style>"
        "<p class=simulated>模擬 / simulated — Microsoft のページではありません。This is not a page of Microsoft.</p>"
        f"<h1>{escape(title)}<br><small>{escape(english)}</small></h1>{''.join(body)}"
    )
    return Reply(status, html)


def build_error_page(error: EntraError) -> Reply:
    """A refusal that no application may hear of: to send it on would make this an open redirect."""
    body = [f"<p><strong>{escape(str(error))}</strong></p>", f"<p>error: {escape(error.error)}</p>"]
    return build_page("サインインできません", "Sorry, but we’re having trouble signing you in", body, 400)


def build_picker(application: Application, users: Iterable[User], hint: str, note: str = "") -> Reply:
    """Who signs in; the form goes to the address of the page, so the question travels with it."""
    name = escape(application.name or application.client_id)
    body = [
        f"<p>{name} にサインインします。 <small>Sign in to {name}. パスワードは不要です / No password.</small></p>"
    ]
    if note:
        body.append(f"<p><strong>{escape(note)}</strong></p>")
    body.append("<form method=post>")
    body += [build_account(user.user_principal_name, user.display_name) for user in users]
    body.append(build_account(STRANGER, "別のテナントのアカウント / an account of another tenant"))
    body.append("<p><button name=action value=cancel>キャンセル / Cancel</button></p></form>")
    body.append(
        "<form method=post><p><label>別のアカウント / Another account<br>"
        f"<input name=account type=email required autocomplete=off value='{escape(hint)}'></label> "
        "<button>次へ / Next</button></p></form>"
    )
    return build_page("アカウントを選択する", "Pick an account", body)


def build_account(address: str, name: str) -> str:
    return (
        f"<button class=account name=account value='{escape(address)}'>{escape(name)}"
        f"<br><small>{escape(address)}</small></button>"
    )


def build_own_consent(application: Application, user: User) -> Reply:
    """A person's own consent to be signed in."""
    name = escape(application.name or application.client_id)
    body = [
        f"<p>{escape(user.display_name)} <small>{escape(user.user_principal_name)}</small></p>",
        f"<p><strong>{name}</strong></p>",
        "<ul><li>サインインとプロファイルの読み取り / Sign you in and read your profile</ul>",
        f"<form method=post><input type=hidden name=account value='{escape(user.user_principal_name)}'>",
        "<button name=consent value=accept>承諾 / Accept</button> ",
        "<button name=consent value=cancel>キャンセル / Cancel</button></form>",
    ]
    return build_page("要求されているアクセス許可", "Permissions requested", body)


def build_admin_consent(application: Application, tenant_id: str, permissions: Iterable[str]) -> Reply:
    name = escape(application.name or application.client_id)
    body = [f"<p><strong>{name}</strong><br><small>{escape(application.client_id)}</small></p>"]
    body.append(f"<p>組織 / Organization: <code>{escape(tenant_id)}</code></p><ul>")
    for permission in permissions:
        japanese, english = WORDS.get(permission, ("", ""))
        body.append(f"<li>{escape(japanese)}<br><small>{escape(english)} ({escape(permission)})</small>")
    body.append(
        "</ul><p>承諾すると、組織のすべてのユーザーについて、このアプリが使えるようになります。<br>"
        "<small>If you accept, this app gets access for all users in your organization.</small></p>"
        "<form method=post><button name=consent value=accept>承諾 / Accept</button> "
        "<button name=consent value=cancel>キャンセル / Cancel</button></form>"
    )
    return build_page(
        "組織の管理者として承諾する", "Permissions requested: review for your organization", body
    )


def build_form_post(redirect_uri: str, fields: Mapping[str, str]) -> Reply:
    """`response_mode=form_post`. Entra's page sends itself off by a script; this one has a button."""
    hidden = [
        f"<input type=hidden name='{escape(name)}' value='{escape(value)}'>" for name, value in fields.items()
    ]
    body = [f"<form method=post action='{escape(redirect_uri)}'>", *hidden]
    body.append("<button>アプリへ戻る / Continue</button></form>")
    return build_page("アプリへ戻る", "Continue to the application", body)
