"""What people read for a code: one sentence that says what happened, and one that says what to do.

A code and its detail travel through errors, Problems and passes; the words are chosen here, last, in the
reader's language. Details are names and numbers, never content (see `errors.SyncError`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Language(StrEnum):
    JA = "ja"
    EN = "en"


class Message(NamedTuple):
    """A placeholder `{name}` takes `detail[name]`. A remedy takes none: it is always the same."""

    ja: str
    en: str
    remedy_ja: str = ""
    remedy_en: str = ""


# Details come from outside (a vendor's error code, a zone name): longer ones would drown the sentence.
LONGEST_DETAIL: Final = 200


def sentence(code: str, detail: Mapping[str, str], language: Language) -> str:
    """What happened. An unknown code is shown as it is, a missing detail as `?`; nothing here raises."""
    message = MESSAGES.get(code, _UNKNOWN)
    words = message.ja if language is Language.JA else message.en
    return words.format_map(_Details(detail, code))


def remedy(code: str, language: Language) -> str:
    """What to do about it; "" when nothing needs to be done."""
    message = MESSAGES.get(code, _UNKNOWN)
    return message.remedy_ja if language is Language.JA else message.remedy_en


class _Details(dict[str, str]):
    """Details as they may stand inside a sentence: one line, no control characters, not too long."""

    def __init__(self, detail: Mapping[str, str], code: str) -> None:
        super().__init__({name: _one_line(str(value)) for name, value in {"code": code, **detail}.items()})

    def __missing__(self, name: str) -> str:
        return "?"


def _one_line(text: str) -> str:
    # C: control, format (bidi overrides), surrogates; Zl, Zp: line and paragraph separators.
    kept = "".join(
        " " if (kind := unicodedata.category(char))[0] == "C" or kind in ("Zl", "Zp") else char
        for char in text[: LONGEST_DETAIL + 1]
    )
    return kept if len(kept) <= LONGEST_DETAIL else kept[:LONGEST_DETAIL] + "…"


_UNKNOWN: Final = Message(
    "問題が発生しました（コード: {code}）。",
    "A problem occurred (code: {code}).",
    "しばらくしても続く場合は、このコードを管理者に知らせてください。",
    "If it stays, tell the administrator this code.",
)

_RETRIED_JA: Final = "自動で再試行します。操作は不要です。"
_RETRIED_EN: Final = "It is retried automatically. Nothing needs to be done."

# One event that is parked, or left alone on purpose.
_EVENTS: Final[Mapping[str, Message]] = {
    "unknown-zone": Message(
        "タイムゾーン「{zone}」が分からないため、この予定は同期されていません。",
        'This event is not synced because its time zone "{zone}" is unknown.',
        "予定を開いて、タイムゾーンを一般的なものに変更してください。",
        "Open the event and choose a common time zone.",
    ),
    "invalid-time": Message(
        "開始または終了の日時が正しくないため、この予定は同期されていません。",
        "This event is not synced because its start or end is not valid.",
        "予定の開始と終了を確認し、保存し直してください。",
        "Check the start and end of the event and save it again.",
    ),
    "series": Message(
        "繰り返しの予定にはまだ対応していないため、同期されていません。",
        "Repeating events are not synced yet.",
        "必要な回は、単独の予定として登録してください。",
        "Enter the dates you need as single events.",
    ),
    "meeting": Message(
        "ほかの人が主催する会議のため、内容は変更しません。",
        "This meeting is organized by somebody else, so it is left as it is.",
        "変更が必要な場合は、主催者に依頼してください。",
        "Ask its organizer if it needs to change.",
    ),
    "cancelled": Message(
        "中止された会議のため、同期されていません。",
        "This meeting was cancelled, so it is not synced.",
        "不要であれば、予定表から削除してください。",
        "Remove it from the calendar if you no longer need it.",
    ),
    "graph-refused": Message(
        "Microsoft 365 がこの予定を受け付けませんでした（{status} {graph_code}）。",
        "Microsoft 365 refused this event ({status} {graph_code}).",
        "予定の内容を確認し、保存し直してください。続く場合はコードを管理者に知らせてください。",
        "Check the event and save it again. If it stays, tell the administrator the code.",
    ),
    "groupware-refused": Message(
        "グループウェアがこの予定を受け付けませんでした（{reason}）。",
        "The groupware refused this event ({reason}).",
        "予定の内容を確認し、保存し直してください。続く場合はコードを管理者に知らせてください。",
        "Check the event and save it again. If it stays, tell the administrator the code.",
    ),
    "too-large": Message(
        "予定の内容が大きすぎるため、同期されていません。",
        "This event is too large to be synced.",
        "本文や添付を短くしてください。",
        "Shorten its text or remove attachments.",
    ),
    "event-moved": Message(
        "同期中に予定が変更されたため、次回の同期で反映します。",
        "The event changed while it was being synced; the next pass takes the change.",
        _RETRIED_JA,
        _RETRIED_EN,
    ),
    "excluded-type": Message(
        "同期対象外の予定種別「{type}」のため、同期されていません。",
        'Events of the type "{type}" are excluded from sync.',
        "同期する場合は、管理者が共通設定の「同期対象外の予定種別」を変更してください。",
        "To sync it, the administrator removes the type from the excluded ones.",
    ),
    "past-event": Message(
        "過去の予定のため、同期されていません。",
        "Past events are not synced.",
        "同期する場合は、管理者が共通設定の「過去の予定」を変更してください。",
        "To sync them, the administrator changes the setting for past events.",
    ),
    "outside-window": Message(
        "同期する範囲の外にある予定のため、同期されていません。",
        "This event lies outside the dates that are synced.",
        "範囲に入ると自動で同期します。範囲は管理者が共通設定で変更できます。",
        "It is synced once its dates are inside. The administrator can widen the range.",
    ),
    "direction": Message(
        "同期の方向の設定により、この変更は反映されません。",
        "The direction that is set does not carry this change.",
        "両方向に同期する場合は、共通設定の「同期種別」を変更してください。",
        "To carry it, set the direction to both.",
    ),
    "shared-delete": Message(
        "ほかの参加者がいる予定のため、削除を反映しませんでした。",
        "The event has other participants, so the removal was not carried over.",
        "全員の予定から消す場合は、グループウェアで予定を削除してください。",
        "To remove it for everybody, delete it in the groupware.",
    ),
}

# A person who cannot be synced, or a service that does not answer.
_CONNECTIONS: Final[Mapping[str, Message]] = {
    "guard-deletes": Message(
        "{count} 件の予定が削除されるため、同期を保留しました（上限 {limit} 件）。",
        "The pass is held because it would delete {count} events (limit {limit}).",
        "管理者が内容を確認し、正しければ保留を解除してください。",
        "The administrator reads the plan and confirms it if it is right.",
    ),
    "mailbox-missing": Message(
        "このユーザーには Exchange Online のメールボックスがありません。",
        "This person has no Exchange Online mailbox.",
        "Microsoft 365 管理センターで、Exchange Online を含むライセンスを割り当ててください。",
        "Assign a licence with Exchange Online in the Microsoft 365 admin center.",
    ),
    "mailbox-forbidden": Message(
        "このメールボックスの予定表を読み書きする権限がありません。",
        "The app may not read and write the calendar of this mailbox.",
        "アプリのアクセス許可 Calendars.ReadWrite と、対象を限るアクセスポリシーを確認してください。",
        "Check the app's permission Calendars.ReadWrite and any access policy that limits its mailboxes.",
    ),
    "user-missing": Message(
        "Microsoft 365 にこの UPN のユーザーがいません。",
        "Microsoft 365 has no user with this UPN.",
        "ユーザー情報連携設定の UPN を確認してください。",
        "Check the UPN in the person's settings.",
    ),
    "credential-wrong": Message(
        "Microsoft 365 がクライアントシークレットを受け付けませんでした。",
        "Microsoft 365 refused the client secret.",
        "「シークレット ID」ではなくシークレットの「値」を登録し直してください。",
        "Enter the secret's value (not its id) again.",
    ),
    "credential-expired": Message(
        "Microsoft 365 のクライアントシークレットの有効期限が切れています。",
        "The client secret for Microsoft 365 has expired.",
        "Microsoft Entra で新しいシークレットを作成し、登録し直してください。",
        "Create a new secret in Microsoft Entra and enter it.",
    ),
    "credential-unknown-app": Message(
        "このアプリケーション（クライアント）ID は Microsoft 365 のテナントにありません。",
        "The Microsoft 365 tenant does not know this application (client) id.",
        "アプリケーション（クライアント）ID とテナント ID を確認してください。",
        "Check the application (client) id and the tenant id.",
    ),
    "tenant-unknown": Message(
        "このディレクトリ（テナント）ID は Microsoft 365 にありません。",
        "Microsoft 365 does not know this directory (tenant) id.",
        "ディレクトリ（テナント）ID を確認してください。",
        "Check the directory (tenant) id.",
    ),
    "consent-missing": Message(
        "アプリに必要なアクセス許可の管理者の同意がありません。",
        "An administrator has not consented to the permissions that the app needs.",
        "Microsoft Entra の「API のアクセス許可」で管理者の同意を与えてください。反映に1時間ほどかかります。",
        "Grant admin consent under API permissions in Microsoft Entra. It can take an hour to work.",
    ),
    "graph-unavailable": Message(
        "Microsoft 365 が応答していません。", "Microsoft 365 does not answer.", _RETRIED_JA, _RETRIED_EN
    ),
    "graph-throttled": Message(
        "Microsoft 365 が混み合っているため、待っています。",
        "Microsoft 365 is busy and asked us to wait.",
        _RETRIED_JA,
        _RETRIED_EN,
    ),
    "groupware-unavailable": Message(
        "グループウェアが応答していません。",
        "The groupware does not answer.",
        "自動で再試行します。続く場合は、管理者がグループウェアの稼働と URL を確認してください。",
        "It is retried automatically. If it stays, the administrator checks the groupware and its URL.",
    ),
    "groupware-unauthorized": Message(
        "グループウェアが接続用の資格情報を受け付けませんでした。",
        "The groupware refused the service's credential.",
        "管理者がグループウェアの接続用の資格情報を登録し直してください。",
        "The administrator enters the credential for the groupware again.",
    ),
    "groupware-throttled": Message(
        "グループウェアが混み合っているため、待っています。",
        "The groupware is busy and asked us to wait.",
        _RETRIED_JA,
        _RETRIED_EN,
    ),
    "link-damaged": Message(
        "保存された対応付けの一部が壊れていたため、内容を照合し直しています。",
        "A stored link was damaged; the event is compared again on both sides.",
        _RETRIED_JA,
        _RETRIED_EN,
    ),
    "storage-unavailable": Message(
        "サービスの保存領域が応答していません。",
        "The service's storage does not answer.",
        "しばらくしてから、もう一度お試しください。",
        "Try again in a while.",
    ),
    "storage-forbidden": Message(
        "サービスに保存領域を使う権限がありません。",
        "The service may not use its storage.",
        "運用担当者がストレージのロールの割り当てを確認してください。",
        "The operator checks the role assignment on the storage account.",
    ),
    "vault-forbidden": Message(
        "サービスに Key Vault を読む権限がありません。",
        "The service may not read its Key Vault.",
        "運用担当者が Key Vault のロールの割り当てを確認してください。",
        "The operator checks the role assignment on the Key Vault.",
    ),
}

# What the HTTP surface refuses or warns about.
_REQUESTS: Final[Mapping[str, Message]] = {
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

# One field of a request.
_FIELDS: Final[Mapping[str, Message]] = {
    "field-unknown": Message(
        "「{field}」という項目はありません。",
        'There is no field "{field}".',
        "項目の名前（大文字と小文字）を確認するか、取り除いてください。",
        "Check its spelling and case, or leave it out.",
    ),
    "field-missing": Message(
        "「{field}」がありません。", '"{field}" is missing.', "値を入れてください。", "Give it a value."
    ),
    "field-type": Message(
        "「{field}」の型が違います（{expected}）。",
        '"{field}" has the wrong type (expected: {expected}).',
        "引用符の有無など、値の書き方を確認してください。",
        "Check how the value is written, for example its quotes.",
    ),
    "field-range": Message(
        "「{field}」は {least} から {most} までの数です。",
        '"{field}" is a number from {least} to {most}.',
        "範囲の中の数を入れてください。",
        "Give a number inside the range.",
    ),
    "field-choice": Message(
        "「{field}」に選べる値は {choices} です。",
        '"{field}" is one of {choices}.',
        "いずれかを入れてください。",
        "Give one of these.",
    ),
    "field-length": Message(
        "「{field}」の長さ（件数）は {least} から {most} までです。",
        'The length of "{field}" is from {least} to {most}.',
        "長さ（件数）を範囲に収めてください。",
        "Keep it inside these limits.",
    ),
    "field-format": Message(
        "「{field}」の書き方が正しくありません。",
        '"{field}" is not written as expected.',
        "API の説明 (/api/openapi.json) の例を見てください。",
        "See the example in /api/openapi.json.",
    ),
    "date-malformed": Message(
        "「{field}」は YYYY-MM-DD の日付です（1900年から2199年）。",
        '"{field}" is a date written YYYY-MM-DD (years 1900 to 2199).',
        "例: 2026-11-21",
        "Example: 2026-11-21",
    ),
    "window-half": Message(
        "from と to は両方を指定します。",
        "from and to are given together.",
        "両方を指定するか、両方を省略してください。",
        "Give both, or neither.",
    ),
    "window-order": Message(
        "from は to より前の日付です。",
        "from is a day before to.",
        "to は範囲の最後の翌日です。1日だけの場合は翌日を指定してください。",
        "to is the day after the last one that is synced: for one day, give the next day.",
    ),
    "window-too-long": Message(
        "範囲は {days} 日までです。",
        "The dates may span {days} days at most.",
        "範囲を短くしてください。",
        "Give a shorter range.",
    ),
    "time-zone-unknown": Message(
        "タイムゾーン「{zone}」はありません。",
        'There is no time zone "{zone}".',
        "IANA の名前で指定してください（例: Asia/Tokyo）。",
        "Give an IANA name, for example Asia/Tokyo.",
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_EVENTS, **_CONNECTIONS, **_REQUESTS, **_FIELDS}
