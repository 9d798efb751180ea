"""What the HTTP surface refuses or warns about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import Message

REQUESTS: Final[Mapping[str, Message]] = {
    "unauthorized": Message(
        "有効な認証情報がありません。",
        "There is no valid credential.",
        "Authorization ヘッダーに、グループウェアが署名した有効期限内の JWT を1つだけ付けてください。",
        "Send exactly one Authorization header with a current JWT that the groupware signed.",
    ),
    "forbidden": Message(
        "この操作を行う権限がありません。",
        "You may not do this.",
        "必要な場合は、管理者に依頼してください。",
        "Ask an administrator if you need it.",
    ),
    "own-only": Message(
        "この内容は本人だけが見られます。",
        "Only the person itself may see this.",
        "本人に確認してもらってください。",
        "Ask the person to look.",
    ),
    "administrators-field": Message(
        "「{field}」は管理者だけが変更できます。",
        'Only an administrator may change "{field}".',
        "この項目を除いて送るか、管理者に依頼してください。",
        "Leave the field out, or ask an administrator.",
    ),
    "not-overridable": Message(
        "「{field}」は個人毎の変更が許可されていません。",
        'People may not change "{field}" for themselves.',
        "管理者が共通設定の「個人毎の設定変更」で許可すると変更できます。",
        "An administrator can allow it in the common settings.",
    ),
    "manual-sync-off": Message(
        "手動同期は許可されていません。",
        "Manual sync is switched off.",
        "自動同期をお待ちください。管理者は共通設定で手動同期を許可できます。",
        "Wait for the automatic sync. An administrator can allow manual sync in the common settings.",
    ),
    "sync-off": Message(
        "このユーザーの同期は行わない設定になっています。",
        "Sync is switched off for this person.",
        "管理者の「同期」の設定と、本人の設定を確認してください。",
        "Check the administrator's switch and the person's own setting.",
    ),
    "user-unknown": Message(
        "このユーザーの連携設定はありません。",
        "There are no sync settings for this person.",
        "ユーザー ID を確認してください。管理者は PUT /api/users/{id} で登録できます。",
        "Check the user id. An administrator can add the person with PUT /api/users/{id}.",
    ),
    "pass-unknown": Message(
        "この同期の記録はありません。",
        "There is no such pass.",
        "ID を確認してください。古い記録は削除されます。",
        "Check the id. Old records are removed.",
    ),
    "pass-not-held": Message(
        "この同期は保留されていません（状態: {state}）。",
        "This pass is not held (state: {state}).",
        "保留中の同期だけを解除できます。最新の記録を確認してください。",
        "Only a held pass can be confirmed. Look at the newest one.",
    ),
    "busy": Message(
        "このユーザーの同期が進行中です。",
        "A pass for this person is running.",
        "少し待ってから、もう一度お試しください。",
        "Try again in a moment.",
    ),
    "upn-missing": Message(
        "UPN がないため、同期を行う設定にできません。",
        "Sync cannot be switched on without a UPN.",
        "先に UPN を設定してください。",
        "Set the UPN first.",
    ),
    "upn-taken": Message(
        "この UPN は、すでに別のユーザーに設定されています。",
        "Another person already has this UPN.",
        "1つのメールボックスには1人だけを設定してください。",
        "Give each mailbox to one person only.",
    ),
    "mailbox-taken": Message(
        "この Microsoft 365 のメールボックスは、すでに別のユーザーと連携されています。",
        "Another person is already linked to this mailbox.",
        "1つのメールボックスには1人だけを設定してください。",
        "Give each mailbox to one person only.",
    ),
    "mailbox-ambiguous": Message(
        "このメールアドレスを持つメールボックスが複数あります。",
        "Several mailboxes have this mail address.",
        "このユーザーの UPN を入力してください。",
        "Enter the person's UPN.",
    ),
    "mailbox-unknown": Message(
        "このメールアドレスを持つメールボックスが Microsoft 365 にありません。",
        "Microsoft 365 has no mailbox with this mail address.",
        "メールアドレスを確認するか、UPN を入力してください。",
        "Check the mail address, or enter the UPN.",
    ),
    "user-disabled": Message(
        "Microsoft 365 でこのアカウントのサインインがブロックされています。",
        "This account is blocked from signing in to Microsoft 365.",
        "退職者でなければ、Microsoft 365 の管理者がブロックを解除してください。1時間以内に自動で確認します。",
        "Unless the person left, unblock the account in Microsoft 365. It is looked at again within an hour.",
    ),
    "operation-unknown": Message(
        "この一括処理の記録はありません。",
        "There is no such operation.",
        "ID を確認してください。",
        "Check the id.",
    ),
    "facility-unknown": Message(
        "この設備はグループウェアに見つかりません。",
        "The groupware has no such facility.",
        "設備 ID を確認してください。追加したばかりの設備は、10分ほど待ってからお試しください。",
        "Check the facility's id. If it was just added, try again in ten minutes.",
    ),
    "facility-address-taken": Message(
        "このメールアドレスは、すでに設備「{facility}」に設定されています。",
        'The facility "{facility}" already has this address.',
        "1つの会議室（備品）メールボックスには1つの設備だけを設定してください。",
        "Give each room or equipment mailbox to one facility only.",
    ),
    "type-unknown": Message(
        "予定種別「{type}」は、グループウェアに見つかりません。設定は保存しました。",
        'The groupware has no event type "{type}". The setting was saved.',
        "名前の間違いがないか確認してください。",
        "Check the spelling of the name.",
    ),
    "types-unchecked": Message(
        "グループウェアに予定種別を確認できませんでした。設定は保存しました。",
        "The event types could not be compared with the groupware. The setting was saved.",
        "予定種別の名前の間違いがないか確認してください。",
        "Check the spelling of the names.",
    ),
    "invalid-request": Message(
        "送られた内容に誤りが {count} 件あります。",
        "The request has {count} mistake(s).",
        "errors に挙げた項目を直して、送り直してください。",
        "Correct the fields listed under errors and send it again.",
    ),
    "json-malformed": Message(
        "本文が正しい JSON ではありません。",
        "The body is not valid JSON.",
        "UTF-8 の JSON を送ってください。",
        "Send JSON in UTF-8.",
    ),
    "content-type": Message(
        "本文の形式が JSON ではありません。",
        "The body is not declared as JSON.",
        "Content-Type: application/json を付けてください。",
        "Send Content-Type: application/json.",
    ),
    "body-too-large": Message(
        "本文が大きすぎます（上限 {limit} バイト）。",
        "The body is too large (limit {limit} bytes).",
        "分けて送ってください。",
        "Send it in parts.",
    ),
    "not-found": Message("このアドレスには何もありません。", "There is nothing at this address."),
    "method-not-allowed": Message(
        "このアドレスでは使えないメソッドです。",
        "This address does not take this method.",
        "Allow ヘッダーにあるメソッドを使ってください。",
        "Use a method that the Allow header names.",
    ),
    "bad-request": Message("要求を理解できませんでした。", "The request could not be understood."),
    "internal": Message(
        "サービスの内部で問題が発生しました（番号: {incident}）。",
        "Something went wrong inside the service (incident {incident}).",
        "続く場合は、この番号を管理者に知らせてください。",
        "If it stays, tell the administrator this number.",
    ),
    "keys-unavailable": Message(
        "グループウェアの公開鍵を取得できないため、認証情報を確認できません。",
        "The credential cannot be checked because the groupware's public keys are out of reach.",
        "しばらくしてから、もう一度お試しください。",
        "Try again in a while.",
    ),
}
