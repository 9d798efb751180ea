"""Connecting an organization: what the administrator is about to do, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import HTMLResponse

from sync.core.messages import Language, remedy, sentence
from sync.core.tenant import PermissionState, Tenant, TenantState
from sync.web.pages.html import facts, go, page, paragraph, remark
from sync.web.tokens import Caller

WORDS: Final = {
    Language.JA: {
        "title": "Microsoft 365 に接続する",
        "ask": "次の接続に、Microsoft 365 の管理者として同意します。覚えがない場合は、この画面を閉じてください。",
        "organization": "組織",
        "user": "グループウェアの管理者",
        "tenant": "ディレクトリ（テナント）ID",
        "client": "アプリケーション（クライアント）ID",
        "permissions": "使用するアクセス許可",
        "continue": "Microsoft の同意画面へ進む",
        "next": "続いて、同じテナントの確認のためにサインインを求められることがあります。",
        "done": "Microsoft 365 に接続しました",
        "half": "同意を受け付けましたが、まだ接続できていません",
        "close": "この画面を閉じて、グループウェアに戻ってください。",
        "later": "同意の反映に時間がかかることがあります（最大1時間）。後で接続の状態を確認してください。",
        "granted": "付与されています",
        "missing": "付与されていません",
        "byPolicy": "Exchange Online のポリシーで付与されています",
        "unknown": "まだ確認できません",
    },
    Language.EN: {
        "title": "Connect Microsoft 365",
        "ask": "You are about to consent to this connection as an administrator of Microsoft 365. If you did not "
        "ask for it, close this page.",
        "organization": "Organization",
        "user": "Administrator of the groupware",
        "tenant": "Directory (tenant) id",
        "client": "Application (client) id",
        "permissions": "Permissions in use",
        "continue": "Go to Microsoft's consent page",
        "next": "You may be asked to sign in once more, so that we know that it is the same tenant.",
        "done": "Microsoft 365 is connected",
        "half": "Consent was given, but the connection does not work yet",
        "close": "Close this page and go back to the groupware.",
        "later": "Consent can take up to an hour to work. Look at the state of the connection after a while.",
        "granted": "granted",
        "missing": "not granted",
        "byPolicy": "granted by a policy of Exchange Online",
        "unknown": "not known yet",
    },
}


def connect_page(
    tenant: Tenant, caller: Caller, permissions: Sequence[str], address: str, language: Language
) -> HTMLResponse:
    """`address` is Microsoft's consent page, with the state of this very page in it."""
    words = WORDS[language]
    rows = [
        (words["organization"], caller.organization),
        (words["user"], caller.user),
        (words["tenant"], tenant.tenant_id),
        (words["client"], tenant.client_id),
        (words["permissions"], ", ".join(permissions)),
    ]
    parts = [paragraph(words["ask"]), facts(rows), go(address, words["continue"]), remark(words["next"])]
    return page(language, words["title"], parts)


def connected_page(tenant: Tenant, language: Language) -> HTMLResponse:
    words = WORDS[language]
    is_done = tenant.state is TenantState.CONNECTED
    rows = [(name, words[PermissionState(state).value]) for name, state in tenant.permissions.items()]
    parts = [facts([(words["tenant"], tenant.tenant_id), *rows])]
    if tenant.error:
        parts += [paragraph(sentence(tenant.error, tenant.error_detail, language))]
        parts += [paragraph(remedy(tenant.error, language)), remark(tenant.error)]
    parts += [paragraph(words["close" if is_done else "later"])]
    return page(language, words["done" if is_done else "half"], parts)
