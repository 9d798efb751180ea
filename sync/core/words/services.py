"""Why a person cannot be synced: the person's own settings, or a service that does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import RETRIED_EN, RETRIED_JA, Message

SERVICES: Final[Mapping[str, Message]] = {
    "guard-deletes": Message(
        "{count} 件の予定が削除されるため、同期を保留しました（上限 {limit} 件）。",
        "The pass is held because it would delete {count} events (limit {limit}).",
        "管理者が内容を確認し、正しければ保留を解除してください。",
        "The administrator reads the plan and confirms it if it is right.",
    ),
    "guard-mails": Message(
        "{count} 通のメール（招待・更新・取り消し）が送信されるため、同期を保留しました（上限 {limit} 通）。",
        "The pass is held because Outlook would send {count} mails to attendees (limit {limit}).",
        "管理者が内容を確認し、正しければ保留を解除してください。",
        "The administrator reads the plan and confirms it if it is right.",
    ),
    "mailbox-missing": Message(
        "このユーザーには Exchange Online のメールボックスがありません。",
        "This person has no Exchange Online mailbox.",
        "管理センターで Exchange Online を含むライセンスを割り当ててください。反映に15分ほどかかります。",
        "Assign a licence with Exchange Online in the admin center. It can take 15 minutes to work.",
    ),
    "mailbox-forbidden": Message(
        "このメールボックスの予定表を読み書きする権限がありません。",
        "The app may not read and write the calendar of this mailbox.",
        "Calendars.ReadWrite の許可と、対象を限るアクセスポリシーを確認してください。反映に1時間ほどかかります。",
        "Check Calendars.ReadWrite and any access policy that limits the mailboxes. It can take an hour to work.",
    ),
    "user-missing": Message(
        "Microsoft 365 にこの UPN のユーザーがいません。",
        "Microsoft 365 has no user with this UPN.",
        "ユーザー情報連携設定の UPN を確認してください。",
        "Check the UPN in the person's settings.",
    ),
    "mailbox-changed": Message(
        "この UPN は、これまで同期していたものとは別のメールボックスです。同期を止めています。",
        "This UPN is another mailbox than the one that was synced so far. Sync is paused.",
        "入力の誤りであれば、元の UPN に戻してください。予定は削除されません。",
        "If it was a mistake, enter the former UPN again. No event is deleted.",
    ),
    "listing-refused": Message(
        "予定の一覧を取得できませんでした。",
        "The list of events was refused.",
        "しばらくしても続く場合は、管理者に知らせてください。",
        "If it stays, tell the administrator.",
    ),
    "graph-not-found": Message(
        "Microsoft 365 でこのユーザーの予定表が見つかりません。",
        "Microsoft 365 does not find this person's calendar.",
        "UPN とライセンスを確認してください。",
        "Check the UPN and the licence.",
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
        "Microsoft 365 が応答していません。", "Microsoft 365 does not answer.", RETRIED_JA, RETRIED_EN
    ),
    "graph-timeout": Message(
        "Microsoft 365 の応答に時間がかかりすぎています。",
        "Microsoft 365 takes too long to answer.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "graph-answer-broken": Message(
        "Microsoft 365 の応答を読み取れませんでした。",
        "The answer of Microsoft 365 could not be read.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "graph-throttled": Message(
        "Microsoft 365 が混み合っているため、待っています。",
        "Microsoft 365 is busy and asked us to wait.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "groupware-unavailable": Message(
        "グループウェアが応答していません。",
        "The groupware does not answer.",
        "自動で再試行します。続く場合は、管理者がグループウェアの稼働と URL を確認してください。",
        "It is retried automatically. If it stays, the administrator checks the groupware and its URL.",
    ),
    "groupware-user-missing": Message(
        "このユーザーはグループウェアにいません。",
        "The groupware has no such user.",
        "退職や異動であれば、管理者がこのユーザーの同期を無効にしてください。予定は削除されません。",
        "If the person left, the administrator switches its sync off. No event is deleted.",
    ),
    "groupware-key-missing": Message(
        "グループウェアの接続用の資格情報（シークレット {secret}）が登録されていません。",
        "The credential for the groupware (secret {secret}) is not stored.",
        "管理者がシークレットを登録してください。",
        "The administrator stores the secret.",
    ),
    "groupware-unauthorized": Message(
        "グループウェアが接続用の資格情報を受け付けませんでした。",
        "The groupware refused the service's credential.",
        "管理者がグループウェアの接続用の資格情報を登録し直してください。",
        "The administrator enters the credential for the groupware again.",
    ),
    "groupware-elsewhere": Message(
        "グループウェアの URL が別のサーバー {host} へ転送されています。",
        "The groupware's URL leads to another server, {host}.",
        "資格情報は送っていません。管理者が GROUPWARE_URL を転送先の正しい URL に直してください。",
        "No credential was sent there. The administrator sets GROUPWARE_URL to the right address.",
    ),
    "groupware-list-unreadable": Message(
        "利用者と設備の一覧（シークレット {secret}）を読み取れません。",
        "The list of people and facilities (secret {secret}) cannot be read.",
        "管理者が README の「CalDAV」にある形式で登録し直してください。",
        "The administrator stores it again in the form that the README shows under CalDAV.",
    ),
    "calendar-missing": Message(
        "このユーザーのカレンダーがグループウェアに見つかりません。",
        "The groupware shows no calendar of this person into which we may write.",
        "管理者が GROUPWARE_HOME、GROUPWARE_CALENDAR、カレンダーの共有を確認してください。予定は削除されません。",
        "The administrator checks GROUPWARE_HOME, GROUPWARE_CALENDAR and how it is shared. No event is deleted.",
    ),
    "calendar-ambiguous": Message(
        "このユーザーには複数のカレンダーがあり、どれを同期するか決まっていません。",
        "This person has several calendars, and nothing says which is to be synced.",
        "管理者が GROUPWARE_CALENDAR にカレンダー名を設定してください。",
        "The administrator names it in GROUPWARE_CALENDAR.",
    ),
    "calendar-forbidden": Message(
        "グループウェアの資格情報では、このユーザーのカレンダーを開けません。",
        "The credential for the groupware may not open this person's calendar.",
        "管理者がグループウェアで権限（カレンダーの共有）を与えてください。",
        "The administrator shares the calendar with that account in the groupware.",
    ),
    "groupware-throttled": Message(
        "グループウェアが混み合っているため、待っています。",
        "The groupware is busy and asked us to wait.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "link-damaged": Message(
        "保存された対応付けの一部が壊れていたため、内容を照合し直しています。",
        "A stored link was damaged; the event is compared again on both sides.",
        RETRIED_JA,
        RETRIED_EN,
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
    "mailbox-full": Message(
        "メールボックスの容量がいっぱいです。",
        "The mailbox is full.",
        "メールボックスを整理するか、容量を増やしてください。",
        "Clear some space in the mailbox, or enlarge it.",
    ),
    "mailbox-locked": Message(
        "メールボックスが一時的に使用中です。", "The mailbox is in use for a moment.", RETRIED_JA, RETRIED_EN
    ),
    "mailbox-moving": Message(
        "Microsoft 365 がメールボックスを移動しています。",
        "Microsoft 365 is moving the mailbox.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "permission-missing": Message(
        "アプリに必要なアクセス許可がありません。",
        "The app lacks a permission that it needs.",
        "Microsoft Entra で Calendars.ReadWrite（アプリケーション）を追加し、管理者の同意を与えてください。",
        "Add the application permission Calendars.ReadWrite in Microsoft Entra and grant admin consent.",
    ),
    "token-refused": Message(
        "Microsoft 365 がアプリのトークンを受け付けませんでした。",
        "Microsoft 365 refused the app's token.",
        "テナントとアプリの登録、条件付きアクセスの設定を確認してください。",
        "Check the tenant, the app registration and conditional access.",
    ),
    "credential-unusable": Message(
        "登録された資格情報の形式が正しくありません。",
        "The stored credential cannot be used.",
        "シークレットまたは証明書を登録し直してください。",
        "Enter the secret or certificate again.",
    ),
    "credential-missing": Message(
        "Microsoft 365 の資格情報が登録されていません。",
        "There is no credential for Microsoft 365.",
        "初期設定でシークレットまたは証明書を登録してください。",
        "Enter a secret or certificate in the initial settings.",
    ),
    "credential-app-disabled": Message(
        "Microsoft 365 でアプリが無効になっています。",
        "The app is disabled in Microsoft 365.",
        "Microsoft Entra の「エンタープライズ アプリケーション」で有効にしてください。",
        "Enable it under enterprise applications in Microsoft Entra.",
    ),
    "entra-unavailable": Message(
        "Microsoft Entra が応答していません。", "Microsoft Entra does not answer.", RETRIED_JA, RETRIED_EN
    ),
    "entra-throttled": Message(
        "Microsoft Entra が混み合っているため、待っています。",
        "Microsoft Entra is busy and asked us to wait.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "groupware-forbidden": Message(
        "グループウェアの接続用の資格情報に権限「{scope}」がありません。",
        'The credential for the groupware lacks the permission "{scope}".',
        "管理者がグループウェアで権限を与えてください。",
        "The administrator grants it in the groupware.",
    ),
    "vault-unavailable": Message(
        "Key Vault が応答していません。", "The Key Vault does not answer.", RETRIED_JA, RETRIED_EN
    ),
    "settings-damaged": Message(
        "保存された共通設定「{setting}」が壊れています。",
        'The stored common setting "{setting}" is damaged.',
        "管理者が共通設定を保存し直してください。",
        "The administrator saves the common settings again.",
    ),
    "facilities-damaged": Message(
        "保存された設備の連携設定（{column}）が壊れています。",
        "The stored addresses of the facilities are damaged ({column}).",
        "運用担当者がテーブル facilities の行を削除した後、管理者が設備のメールアドレスを登録し直してください。",
        "The operator deletes the row in the table facilities; then the administrator enters the addresses again.",
    ),
    "connection-damaged": Message(
        "保存されたユーザーの設定（{column}）が壊れています。",
        "The stored settings of this person are damaged ({column}).",
        "管理者がこのユーザーの設定を保存し直してください。",
        "The administrator saves this person's settings again.",
    ),
    "connection-gone": Message(
        "このユーザーの連携設定は削除されました。",
        "The settings of this person were removed.",
        "必要であれば、管理者が登録し直してください。",
        "The administrator adds the person again if needed.",
    ),
    "job-poisoned": Message(
        "同期が繰り返し失敗したため、中断しました。",
        "The pass failed again and again and was given up.",
        "次回の同期で再試行します。続く場合は管理者に知らせてください。",
        "The next pass tries again. If it stays, tell the administrator.",
    ),
}
