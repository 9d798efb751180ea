"""The connection to Microsoft 365: the app registration, its credential, consent, and what an administrator does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import RETRIED_EN, RETRIED_JA, Message

_OPERATOR_JA: Final = "サービスの不具合の可能性があります。このコードを運用担当者に知らせてください。"
_OPERATOR_EN: Final = "This may be a fault of the service. Tell the operator this code."

MICROSOFT365: Final[Mapping[str, Message]] = {
    "microsoft365-not-set-up": Message(
        "Microsoft 365 連携の初期設定が終わっていません。",
        "The initial settings for Microsoft 365 are not complete.",
        "テナント ID、クライアント ID と資格情報を登録してください。",
        "Enter the tenant id, the client id and a credential.",
    ),
    "microsoft365-not-in-use": Message(
        "Microsoft 365 連携は使用されていません。",
        "The connection to Microsoft 365 is not in use.",
        "管理者が初期設定で「使用する」にし、接続してください。予定は変更されません。",
        "An administrator switches it on in the initial settings and connects. No event is changed.",
    ),
    "microsoft365-disconnecting": Message(
        "Microsoft 365 との接続を解除しています。",
        "Microsoft 365 is being disconnected.",
        "解除が終わってから、もう一度お試しください。",
        "Wait until that has ended, then try again.",
    ),
    "tenant-damaged": Message(
        "保存された Microsoft 365 の初期設定（{column}）が壊れています。",
        "The stored settings of Microsoft 365 are damaged ({column}).",
        "運用担当者がテーブル organizations の行 microsoft365 を削除した後、管理者が登録し直してください。",
        "The operator deletes the row microsoft365 in the table organizations, then they are entered again.",
    ),
    "tenant-changed": Message(
        "ほかの管理者が同時に Microsoft 365 の設定を変更しました。",
        "Somebody else changed the settings of Microsoft 365 at the same time.",
        "画面を読み込み直してから、もう一度変更してください。",
        "Load the page again, then make your change.",
    ),
    "tenant-mismatch": Message(
        "Microsoft 365 が、登録されたものとは別のテナントのトークンを返しました。",
        "Microsoft 365 answered for another tenant than the one that was entered.",
        "ディレクトリ（テナント）ID を確認してください。マネージド ID は同じテナントのものだけが使えます。",
        "Check the directory (tenant) id. A managed identity works in its own tenant only.",
    ),
    "tenant-not-proven": Message(
        "このテナントの管理者による確認がまだ済んでいません。",
        "That this tenant is yours has not been confirmed yet.",
        "「接続」を押して、そのテナントのアカウントで同意とサインインをしてください。"
        "アプリ登録のないマネージド ID では確認できないため、フェデレーション資格情報を使ってください。",
        "Press connect, then consent and sign in with an account of that tenant. A managed identity without app "
        "registration cannot be confirmed: use the federated credential.",
    ),
    "tenant-id-missing": Message(
        "ディレクトリ（テナント）ID が入力されていません。",
        "The directory (tenant) id is missing.",
        "Microsoft Entra の「アプリの登録」の「概要」に表示される ID を入力してください。",
        "Enter the id that the overview of the app registration shows in Microsoft Entra.",
    ),
    "client-id-missing": Message(
        "アプリケーション（クライアント）ID が入力されていません。",
        "The application (client) id is missing.",
        "Microsoft Entra の「アプリの登録」の「概要」に表示される ID を入力してください。",
        "Enter the id that the overview of the app registration shows in Microsoft Entra.",
    ),
    "secret-id-entered": Message(
        "入力されたのはクライアント シークレットの「シークレット ID」です。",
        "What was entered is the secret's id, not its value.",
        "「証明書とシークレット」で「値」の列をコピーしてください。値は作成直後だけ表示されます。",
        'Copy the column "Value" under certificates & secrets. It is shown only right after the secret was made.',
    ),
    "secret-name-foreign": Message(
        "この名前のシークレットは、この組織では使えません（例: {example}）。",
        "A secret of this name is not this organization's to use (an example: {example}).",
        "例の形式の名前で Key Vault に登録してください。",
        "Store it in the Key Vault under a name like the example.",
    ),
    "secret-name-unknown": Message(
        "Key Vault にシークレット「{secret}」がありません。",
        'The Key Vault has no secret "{secret}".',
        "名前を確認するか、Key Vault に登録してください。",
        "Check the name, or store the secret in the Key Vault.",
    ),
    "credential-value-or-name": Message(
        "資格情報の値と Key Vault の名前は、どちらか一方だけを指定してください。",
        "Give either the credential's value or its name in the Key Vault.",
        "マネージド ID を使う方式では、どちらも不要です。",
        "The kinds with a managed identity take neither.",
    ),
    "certificate-unreadable": Message(
        "証明書と秘密鍵を読み取れません。",
        "The certificate and its private key cannot be read.",
        "証明書と、パスワードのない RSA 秘密鍵（2048 ビット以上）を、一つの PEM にして登録してください。",
        "Enter both in one PEM: the certificate, and its RSA key (2048 bits or more) without a password.",
    ),
    "credential-not-sent": Message(
        "資格情報がない要求だと Microsoft Entra が応答しました（AADSTS{aadsts}）。",
        "Microsoft Entra says that no credential was sent (AADSTS{aadsts}).",
        "資格情報を登録し直してください。続く場合は運用担当者に知らせてください。",
        "Enter the credential again. If it stays, tell the operator.",
    ),
    "credential-unreachable": Message(
        "Key Vault から Microsoft 365 の資格情報を読み取れません（{reason}）。",
        "The credential for Microsoft 365 cannot be read from the Key Vault ({reason}).",
        "運用担当者が Key Vault のロールの割り当てとネットワークの設定を確認してください。",
        "The operator checks the role assignment on the Key Vault and its network settings.",
    ),
    "credential-certificate-unknown": Message(
        "Microsoft Entra がこの証明書を受け付けませんでした（未登録または期限切れ）。",
        "Microsoft Entra does not know this certificate, or it has expired.",
        "公開証明書を「証明書とシークレット」にアップロードしてから、登録し直してください。",
        "Upload the public certificate under certificates & secrets, then enter it again.",
    ),
    "credential-assertion-refused": Message(
        "Microsoft Entra が証明書による要求を受け付けませんでした（AADSTS{aadsts}）。",
        "Microsoft Entra refused what the app signed with its certificate (AADSTS{aadsts}).",
        "サーバーの時計と、環境変数 ENTRA_URL のクラウドを運用担当者が確認してください。",
        "The operator checks the server's clock, and that ENTRA_URL names the right cloud.",
    ),
    "credential-federation-wrong": Message(
        "アプリの登録がこのマネージド ID を信頼していません。",
        "The app registration does not trust this managed identity.",
        "「フェデレーション資格情報」の発行者、サブジェクト（オブジェクト ID）、対象ユーザーを確認してください。",
        "Check issuer, subject (the object id, letter case counts) and audience under federated credentials.",
    ),
    "credential-federation-not-app": Message(
        "フェデレーション資格情報に使えるのは、アプリ専用のトークンだけです（AADSTS{aadsts}）。",
        "Only an app-only token can serve as the federated credential (AADSTS{aadsts}).",
        "ユーザー割り当てマネージド ID を使ってください。",
        "Use a user-assigned managed identity.",
    ),
    "credential-app-unavailable": Message(
        "このアプリはテナントで見つからないか、無効になっています。",
        "The app was not found in the tenant, or is disabled there.",
        "アプリケーション（クライアント）ID を確認し、「エンタープライズ アプリケーション」で有効にしてください。",
        "Check the application (client) id, and enable the app under enterprise applications.",
    ),
    "consent-declined": Message(
        "アクセス許可への同意が拒否されました。",
        "Consent to the permissions was declined.",
        "もう一度接続し、管理者の画面で「承諾」を押してください。",
        "Connect again and accept on Microsoft's page.",
    ),
    "consent-by-administrator": Message(
        "このアプリにはテナントの管理者の同意が必要です。",
        "An administrator of the tenant has to consent to this app.",
        "Microsoft 365 の管理者が「接続」から同意してください。",
        "A Microsoft 365 administrator consents by way of Connect.",
    ),
    "redirect-uri-mismatch": Message(
        "リダイレクト URI がアプリの登録にありません。",
        "The redirect URI is not registered with the app.",
        "初期設定に表示されるリダイレクト URI を、「認証」（Web）にそのまま登録してください。",
        "Register the redirect URI that the initial settings show, exactly, under authentication (Web).",
    ),
    "account-of-another-tenant": Message(
        "別の組織のアカウントでサインインしています。",
        "This account belongs to another organization.",
        "会社のアカウントでサインインし直してください。",
        "Sign in with the account of your own organization.",
    ),
    "entra-resource-unknown": Message(
        "Microsoft Entra が Microsoft Graph をこのテナントで見つけられません（AADSTS{aadsts}）。",
        "Microsoft Entra does not find Microsoft Graph in this tenant (AADSTS{aadsts}).",
        "環境変数 GRAPH_URL と ENTRA_URL が同じクラウドのものか、運用担当者が確認してください。",
        "The operator checks that GRAPH_URL and ENTRA_URL belong to the same cloud.",
    ),
    "entra-parameter-missing": Message(
        "Microsoft Entra への要求に必要な項目がありませんでした（AADSTS{aadsts}）。",
        "A request to Microsoft Entra lacked something it needs (AADSTS{aadsts}).",
        _OPERATOR_JA,
        _OPERATOR_EN,
    ),
    "conditional-access": Message(
        "条件付きアクセスのポリシーによって拒否されました。",
        "A Conditional Access policy refused it.",
        "Microsoft Entra の管理者が、このアプリに対する条件付きアクセスを見直してください。",
        "An administrator of Microsoft Entra reviews the Conditional Access policies for this app.",
    ),
    "sign-in-code-used": Message(
        "サインインの結果はすでに使われています。",
        "The result of this sign-in has already been used.",
        "もう一度サインインしてください。",
        "Sign in again.",
    ),
    "token-denied": Message(
        "Microsoft Entra がトークンを発行しませんでした（{error} {aadsts}）。",
        "Microsoft Entra refused to issue a token ({error} {aadsts}).",
        "テナント ID、クライアント ID と資格情報を確認し、続く場合はこの番号を調べてください。",
        "Check tenant id, client id and credential; if it stays, look up this number.",
    ),
    "identity-missing": Message(
        "指定されたマネージド ID がこのアプリに割り当てられていません。",
        "This managed identity is not assigned to the app.",
        "運用担当者が関数アプリの「ID」で割り当て、クライアント ID を確認してください。",
        "The operator assigns it under identity of the function app and checks its client id.",
    ),
    "identity-unavailable": Message(
        "マネージド ID のトークンを取得できませんでした。",
        "No token of the managed identity could be had.",
        "自動で再試行します。Azure の外ではマネージド ID は使えません。",
        "It is retried automatically. Outside Azure there is no managed identity.",
    ),
    "calendars-forbidden": Message(
        "アクセス許可はありますが、確認した利用者の予定表はまだ読めません。",
        "The permission is granted, but none of the calendars that were tried can be read yet.",
        "反映に1時間ほどかかります。続く場合は、対象を限るアクセスポリシーを確認してください。",
        "It can take an hour to work. If it stays, check any access policy that limits the mailboxes.",
    ),
    "credential-previous-used": Message(
        "新しい資格情報が受け付けられないため、前の資格情報で同期を続けています。",
        "The new credential is refused; the sync goes on with the one before it.",
        "新しいシークレットまたは証明書を、前のものの期限が切れる前に登録し直してください。",
        "Enter the new secret or certificate again before the former one ends.",
    ),
    "permission-not-granted": Message(
        "アクセス許可 {permission}（アプリケーション）が与えられていません。",
        "The application permission {permission} is not granted.",
        "Microsoft Entra で追加し、管理者の同意を与えてください。反映に1時間ほどかかります。",
        "Add it in Microsoft Entra and grant admin consent. It can take an hour to work.",
    ),
    "credential-expiring": Message(
        "Microsoft 365 の資格情報の有効期限まで、あと {days} 日です。",
        "The credential for Microsoft 365 ends in {days} days.",
        "新しいシークレットまたは証明書を作成し、登録してください。切り替え中も同期は止まりません。",
        "Create a new secret or certificate and enter it. The sync goes on while they are exchanged.",
    ),
    "credential-ended": Message(
        "Microsoft 365 の資格情報の有効期限が過ぎています。",
        "The end of the credential for Microsoft 365 has passed.",
        "新しいシークレットまたは証明書を作成し、登録してください。同期は自動で再開します。",
        "Create a new secret or certificate and enter it. The sync goes on by itself.",
    ),
    "credential-end-unknown": Message(
        "Microsoft 365 の資格情報の有効期限が登録されていません。",
        "Nobody entered when the credential for Microsoft 365 ends.",
        "期限切れの前に知らせるため、有効期限を登録してください。",
        "Enter its end, so that you are told before it comes.",
    ),
    "microsoft365-unchecked": Message(
        "保存しましたが、Microsoft 365 に確認できませんでした。",
        "Saved, but Microsoft 365 could not be asked.",
        RETRIED_JA,
        RETRIED_EN,
    ),
}
