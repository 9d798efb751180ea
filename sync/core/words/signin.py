"""What an administrator or a person reads in the browser on the way to Microsoft 365 and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import Message

AGAIN_JA: Final = "グループウェアの画面に戻り、最初からやり直してください。"
AGAIN_EN: Final = "Go back to the groupware and start again."

SIGN_IN: Final[Mapping[str, Message]] = {
    "ticket-refused": Message(
        "この画面を開くための確認が無効です。すでに使われたか、有効期限が切れています。",
        "This page was opened with a ticket that is not valid: it was used already, or its time is over.",
        AGAIN_JA,
        AGAIN_EN,
    ),
    "session-missing": Message(
        "この画面はグループウェアの設定画面から開いてください（時間が経つと、もう一度開く必要があります）。",
        "Open this page from the settings in the groupware (after a while it has to be opened again).",
        AGAIN_JA,
        AGAIN_EN,
    ),
    "sign-in-stale": Message(
        "この手続きは続けられません。時間が経ちすぎたか、すでに終わったか、別のブラウザーで始められています。",
        "This cannot be continued: too much time has passed, it is finished already, or it began in another browser.",
        AGAIN_JA,
        AGAIN_EN,
    ),
    "parameter-repeated": Message(
        "アドレスの項目「{parameter}」が重複しています。",
        'The address names "{parameter}" more than once.',
        AGAIN_JA,
        AGAIN_EN,
    ),
    "parameter-refused": Message(
        "アドレスの項目「{parameter}」がないか、その内容は使えません。",
        'The address has no "{parameter}", or one that cannot be used.',
        "state は必須です。return にはグループウェアの中のパス（/ で始まるもの）だけを指定できます。",
        "`state` is required; `return` has to be a path inside the groupware, beginning with one slash.",
    ),
    "sign-in-off": Message(
        "Microsoft 365 でのサインインは使用しない設定になっています。",
        "Sign-in with Microsoft 365 is switched off.",
        "グループウェアのアカウントでログインしてください。管理者は GROUPWARE_SIGN_IN_URL と接続の設定を確認します。",
        "Sign in with your groupware account. The administrator checks the connection and GROUPWARE_SIGN_IN_URL.",
    ),
    "sign-in-declined": Message(
        "Microsoft 365 の画面でキャンセルされました。",
        "It was cancelled on Microsoft's page.",
        "必要であれば、最初からやり直してください。",
        "Start again if you want to go on.",
    ),
    "sign-in-failed": Message(
        "Microsoft 365 からエラーが返されました。",
        "Microsoft 365 answered with an error.",
        "もう一度お試しください。続く場合は、管理者がアプリの登録（リダイレクト URI など）を確認してください。",
        "Try again. If it stays, the administrator checks the app registration (such as its redirect URI).",
    ),
    "sign-in-refused": Message(
        "Microsoft 365 から受け取ったサインインの情報を確認できませんでした。",
        "What Microsoft 365 said about the sign-in did not pass our checks.",
        "最初からやり直してください。続く場合は、管理者がテナント ID とクライアント ID を確認してください。",
        "Start again. If it stays, the administrator checks the tenant id and the client id.",
    ),
    "sign-in-not-linked": Message(
        "この Microsoft 365 アカウントは、グループウェアのどのユーザーとも連携されていません。",
        "This Microsoft 365 account is not linked to any user of the groupware.",
        "別のアカウントでサインインし直すか、管理者にユーザー情報連携設定（UPN）の確認を依頼してください。",
        "Sign in with the right account, or ask the administrator to check the person's UPN.",
    ),
    "sign-in-ambiguous": Message(
        "この Microsoft 365 アカウントは、グループウェアの複数のユーザーと連携されています。",
        "This Microsoft 365 account is linked to more than one user of the groupware.",
        "管理者がユーザー情報連携設定を確認し、1人だけにしてください。",
        "The administrator links the account to one user only.",
    ),
    "registration-missing": Message(
        "マネージド ID だけを使う接続には、同意とサインインの画面がありません。",
        "A connection by managed identity alone has neither a consent page nor a sign-in.",
        "アクセス許可は運用担当者がマネージド ID に与えます。サインインにはアプリの登録が必要です。",
        "The operator grants the permissions to the managed identity. For sign-in, register an app.",
    ),
    "consent-other-tenant": Message(
        "設定されているテナントとは別のテナントで同意されました。",
        "The consent was given in another tenant than the one that is set.",
        "設定したテナントの管理者でサインインしてやり直すか、テナント ID を直してください。",
        "Start again as an administrator of the right tenant, or correct the tenant id.",
    ),
    "consent-incomplete": Message(
        "Microsoft 365 から同意の結果が届きませんでした。",
        "Microsoft 365 did not say that consent was given.",
        AGAIN_JA,
        AGAIN_EN,
    ),
    "connecting-not-possible": Message(
        "Microsoft 365 の初期設定がまだ終わっていないか、接続を解除している途中です。",
        "The initial settings for Microsoft 365 are not complete, or it is being disconnected.",
        "テナント ID、クライアント ID、資格情報を登録して「使用する」にしてから接続してください。",
        "Enter tenant id, client id and credential, switch it on, and connect then.",
    ),
    "signing-key-pending": Message(
        "署名用の鍵を準備しています。",
        "The signing key is being made.",
        "数秒後にもう一度お試しください。",
        "Try again in some seconds.",
    ),
    "signing-key-damaged": Message(
        "署名用の鍵（シークレット {secret}）が壊れています。",
        "The signing key (secret {secret}) is damaged.",
        "運用担当者がこのシークレットを削除すると、新しい鍵が作られます。",
        "The operator deletes the secret; a new key is made then.",
    ),
}
