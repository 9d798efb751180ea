"""What goes wrong in the service itself: its settings, its storage, its own bookkeeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import RETRIED_EN, RETRIED_JA, Message

_READ_AGAIN = Message(
    "読み取り位置が使えなくなったため、対象期間をすべて読み直します。",
    "The reading position is no longer usable, so the whole window is read again.",
    "何もする必要はありません。",
    "Nothing needs to be done.",
)
_BUSY = Message(
    "この利用者の別の同期が実行中です。",
    "Another pass over this person is running.",
    "終わるまでお待ちください。",
    "Wait until it has ended.",
)

OPERATIONS: Final[Mapping[str, Message]] = {
    "setting-missing": Message(
        "設定「{setting}」がありません。",
        'The setting "{setting}" is missing.',
        "アプリの環境変数（アプリ設定）に追加してください。",
        "Add it to the app's environment (app settings).",
    ),
    "setting-malformed": Message(
        "設定「{setting}」の形式が正しくありません（正しい形式: {expected}）。",
        'The setting "{setting}" is malformed (expected: {expected}).',
        "アプリの環境変数（アプリ設定）を直してください。",
        "Correct it in the app's environment (app settings).",
    ),
    "url-not-https": Message(
        "{host} への接続が https ではありません（{scheme}）。",
        "The connection to {host} is not https ({scheme}).",
        "https の URL を設定してください。",
        "Set an https address.",
    ),
    "access-secret-missing": Message(
        "グループウェアの署名を確かめるシークレット「{secret}」が登録されていません。",
        'The secret "{secret}" that proves the groupware\'s tokens is not stored.',
        "Key Vault に登録するか、ACCESS_JWKS_URL を設定してください。",
        "Store it in the Key Vault, or set ACCESS_JWKS_URL.",
    ),
    "secret-too-short": Message(
        "署名用のシークレットが短すぎます（{bytes} バイト以上が必要です）。",
        "The signing secret is too short (at least {bytes} bytes).",
        "長い乱数に置き換えてください。",
        "Replace it by a longer random value.",
    ),
    "secret-too-long": Message(
        "シークレットが長すぎます（上限 {limit} バイト）。",
        "The secret is too long (limit {limit} bytes).",
        "値を確かめて登録し直してください。",
        "Check the value and store it again.",
    ),
    "public-key-unusable": Message(
        "公開鍵を読み取れません。",
        "The public key cannot be read.",
        "RSA（2048ビット以上）または P-256 の PEM を設定してください。",
        "Set the PEM of an RSA (2048 bits or more) or P-256 key.",
    ),
    "jwks-malformed": Message(
        "グループウェアの公開鍵一覧（JWKS）を読み取れません。",
        "The groupware's key set (JWKS) cannot be read.",
        "ACCESS_JWKS_URL の内容を確かめてください。",
        "Check what ACCESS_JWKS_URL answers.",
    ),
    "secrets-file-open": Message(
        "シークレットのファイルをほかの利用者が読み書きできます（{mode}）。",
        "Others can reach the secrets file ({mode}).",
        "権限を 0600 にしてください。",
        "Set its mode to 0600.",
    ),
    "secrets-file-unreadable": Message(
        "シークレットのファイルを読めません（{reason}）。",
        "The secrets file cannot be read ({reason}).",
        "KEY_VAULT_URL と権限を確かめてください。",
        "Check KEY_VAULT_URL and the file's rights.",
    ),
    "secrets-file-unwritable": Message(
        "シークレットのファイルに書き込めません（{reason}）。",
        "The secrets file cannot be written ({reason}).",
        "フォルダーの権限と空き容量を確かめてください。",
        "Check the folder's rights and free space.",
    ),
    "secrets-file-damaged": Message(
        "シークレットのファイルが壊れています。",
        "The secrets file is damaged.",
        "ファイルを作り直してください。",
        "Make the file again.",
    ),
    "vault-refused": Message(
        "Key Vault が要求を受け付けませんでした（{status}）。",
        "The Key Vault refused the request ({status}).",
        "シークレットの名前と Key Vault の設定を確かめてください。",
        "Check the secret's name and the vault's settings.",
    ),
    "storage-refused": Message(
        "保存領域が要求を受け付けませんでした（{status} {reason}）。",
        "The storage refused a request ({status} {reason}).",
        "ストレージ アカウントの設定を確かめてください。",
        "Check the storage account's settings.",
    ),
    "storage-table-missing": Message(
        "保存領域にテーブル「{table}」がありません。",
        'The storage has no table "{table}".',
        "もう一度デプロイしてください。",
        "Deploy again.",
    ),
    "storage-queue-missing": Message(
        "保存領域にキュー「{queue}」がありません。",
        'The storage has no queue "{queue}".',
        "もう一度デプロイしてください。",
        "Deploy again.",
    ),
    "storage-too-large": Message(
        "保存するデータが大きすぎます（{what}、上限 {limit}）。",
        "The data is too large to store ({what}, limit {limit}).",
        "この予定の内容を短くしてください。",
        "Shorten this event.",
    ),
    "storage-value": Message(
        "「{column}」に保存できない値があります。",
        '"{column}" holds a value that cannot be stored.',
        "管理者に知らせてください。",
        "Tell the administrator.",
    ),
    "pass-damaged": Message(
        "保存された同期記録が壊れています（{column}）。",
        "The stored record of this pass is damaged ({column}).",
        "ほかの同期には影響ありません。",
        "No other pass is affected.",
    ),
    "job-malformed": Message(
        "同期要求の形式が正しくありません（{reason}）。",
        "The queue message is not a job ({reason}).",
        "要求を出し直してください。",
        "Ask for the pass again.",
    ),
    "operation-damaged": Message(
        "保存された一括処理の記録（{column}）が壊れています。",
        "The stored record of this operation is damaged ({column}).",
        "一括の連携をもう一度行ってください。連携済みのユーザーには影響ありません。",
        "Link the people again. Those who are linked already are not affected.",
    ),
    "guests-first": Message(
        "参加者側の予定の処理が終わるのを待っています。",
        "Waiting until the guests' copies are done.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "answer-empty": Message(
        "Microsoft 365 の応答に予定が含まれていませんでした。",
        "The answer of Microsoft 365 held no event.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "sync-state-unstable": Message(
        "予定表の読み取り位置が安定しません。",
        "The calendar's reading position keeps changing.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "gone": Message(
        "予定はすでに削除されています。",
        "The event is already gone.",
        "何もする必要はありません。",
        "Nothing needs to be done.",
    ),
    "cursor-expired": _READ_AGAIN,
    "cursor-malformed": _READ_AGAIN,
    "cursor-unreadable": _READ_AGAIN,
    "cursor-of-another-window": _READ_AGAIN,
    "cursor-of-pieces": _READ_AGAIN,
    "window-moved": _READ_AGAIN,
    "pass-running": _BUSY,
    "lease-lost": _BUSY,
    "link-changed": _BUSY,
}
