"""The settings that the environment carries, read once; a missing or malformed one stops the start by name.

`SETTINGS` is the whole list: the README's table, `local.settings.example.json` and the deployment are tested
against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync.errors import BadSetting

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable. `default` None: required. `example` stands in local.settings.example.json."""

    name: str
    help: str
    default: str | None
    example: str


CALDAV = "caldav"
_KINDS = ("connector", CALDAV)
_SERVERS = ("other", "radicale", "xandikos", "nextcloud", "sogo", "zimbra", "open-xchange")
_SERVER_NAMES = ", ".join(f"`{name}`" for name in _SERVERS)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "AzureWebJobsStorage",
        "Storage account: a connection string, or with `__tableServiceUri`, `__queueServiceUri` and `__clientId` "
        "appended to the name, the identity-based form.",
        "",
        "UseDevelopmentStorage=true",
    ),
    Setting(
        "KEY_VAULT_URL",
        "Where secrets live: `https://<vault>.vault.azure.net`, or on one machine `file:///<path>` (mode 0600).",
        None,
        "file:///tmp/sync-secrets.json",
    ),
    Setting(
        "PUBLIC_URL",
        "Address under which people and the groupware reach this app.",
        None,
        "http://127.0.0.1:7071",
    ),
    Setting("SYNC_SCHEDULE", "NCRONTAB of the timer, UTC, six fields.", "0 */5 * * * *", "0 */5 * * * *"),
    Setting(
        "SYNC_QUEUE",
        "Name of the queue of passes; `<name>-poison` receives what failed five times.",
        "sync-passes",
        "sync-passes",
    ),
    Setting("TIME_ZONE", "Time zone of organizations that set none (IANA).", "Asia/Tokyo", "Asia/Tokyo"),
    Setting(
        "GRAPH_URL",
        "Microsoft Graph; another origin for sovereign clouds, `http://` on loopback only.",
        "https://graph.microsoft.com",
        "https://graph.microsoft.com",
    ),
    Setting(
        "ENTRA_URL",
        "Microsoft Entra ID; as for GRAPH_URL.",
        "https://login.microsoftonline.com",
        "https://login.microsoftonline.com",
    ),
    Setting(
        "GROUPWARE_KIND", "What the groupware speaks: `connector` or `caldav`.", "connector", "connector"
    ),
    Setting(
        "GROUPWARE_URL",
        "Base address of the groupware's connector API, or of the CalDAV server.",
        None,
        "https://groupware.example.co.jp/sync-api",
    ),
    Setting(
        "GROUPWARE_SECRET_NAME",
        "Name of the secret that holds the key for the groupware's API. CalDAV: `login:password`, or a bearer token.",
        "groupware-key",
        "groupware-key",
    ),
    Setting(
        "GROUPWARE_SIGN_IN_URL",
        "Where the groupware takes people over who signed in with Microsoft 365. Empty: that sign-in is off.",
        "",
        "",
    ),
    Setting(
        "GROUPWARE_SERVER",
        f"CalDAV: which server it is ({_SERVER_NAMES}); what it does otherwise than others is then known.",
        "other",
        "other",
    ),
    Setting(
        "GROUPWARE_ACCOUNT",
        "CalDAV: `service`, one account that may use everybody's calendar, or `person`, each person's own credential "
        "in the secret `<GROUPWARE_SECRET_NAME>/<user id>`.",
        "service",
        "service",
    ),
    Setting(
        "GROUPWARE_HOME",
        "CalDAV: a person's principal or calendar home below GROUPWARE_URL, `{user}` for the user's id, such as "
        "`principals/users/{user}/`. Empty: the server is asked (only with each person's own credential).",
        "",
        "",
    ),
    Setting(
        "GROUPWARE_CALENDAR",
        "CalDAV: which calendar of each person, by its name or the last part of its address. Empty: the server's "
        "default, else the only one.",
        "",
        "",
    ),
    Setting(
        "GROUPWARE_LIST_NAME",
        "CalDAV: name of the secret that lists people, facilities and event types. Without that secret the server's "
        "principals are taken.",
        "groupware-list",
        "groupware-list",
    ),
    Setting(
        "ACCESS_ISSUER",
        "`iss` of the tokens that the groupware signs for its users.",
        None,
        "https://groupware.example.co.jp",
    ),
    Setting("ACCESS_AUDIENCE", "`aud` of those tokens.", "groupware-outlook-sync", "groupware-outlook-sync"),
    Setting(
        "ACCESS_JWKS_URL",
        "Public keys of those tokens (RS256, ES256). Empty: HS256 with ACCESS_SECRET_NAME.",
        "",
        "",
    ),
    Setting(
        "ACCESS_SECRET_NAME",
        "Name of the secret for HS256 tokens; used only without ACCESS_JWKS_URL.",
        "access-secret",
        "access-secret",
    ),
    Setting("AZURE_CLIENT_ID", "Client id of the user-assigned managed identity (Azure only).", "", ""),
)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Config:
    """The environment, checked."""

    storage: Mapping[str, str]
    vault_url: str
    public_url: str
    queue: str
    time_zone: str
    graph_url: str
    entra_url: str
    groupware_kind: str
    groupware_url: str
    groupware_secret_name: str
    groupware_sign_in_url: str
    groupware_server: str
    groupware_account: str
    groupware_home: str
    groupware_calendar: str
    groupware_list_name: str
    access_issuer: str
    access_audience: str
    access_jwks_url: str
    access_secret_name: str
    identity_client_id: str


def read_config(environment: Mapping[str, str]) -> Config:
    """Check every setting; `BadSetting` names the first that is missing or wrong, and says what is expected."""
    storage = {name: text for name, text in environment.items() if name.startswith("AzureWebJobsStorage")}
    if not any(text.strip() for text in storage.values()):
        raise BadSetting("setting-missing", {"setting": "AzureWebJobsStorage"})
    _read(environment, "SYNC_SCHEDULE", _schedule)
    kind, account = (
        _read(environment, "GROUPWARE_KIND", _kind),
        _read(environment, "GROUPWARE_ACCOUNT", _account),
    )
    home = _read(environment, "GROUPWARE_HOME", _home)
    if kind == CALDAV and account == "service" and not home:
        raise BadSetting("setting-missing", {"setting": "GROUPWARE_HOME"})
    return Config(
        storage=storage,
        vault_url=_read(environment, "KEY_VAULT_URL", _vault),
        public_url=_read(environment, "PUBLIC_URL", _address),
        queue=_read(environment, "SYNC_QUEUE", _queue),
        time_zone=_read(environment, "TIME_ZONE", _zone),
        graph_url=_read(environment, "GRAPH_URL", _address),
        entra_url=_read(environment, "ENTRA_URL", _address),
        groupware_kind=kind,
        groupware_url=_read(environment, "GROUPWARE_URL", _address),
        groupware_secret_name=_read(environment, "GROUPWARE_SECRET_NAME", _name),
        groupware_sign_in_url=_read(environment, "GROUPWARE_SIGN_IN_URL", _optional_address),
        groupware_server=_read(environment, "GROUPWARE_SERVER", _server),
        groupware_account=account,
        groupware_home=home,
        groupware_calendar=_read(environment, "GROUPWARE_CALENDAR", _any),
        groupware_list_name=_read(environment, "GROUPWARE_LIST_NAME", _name),
        access_issuer=_read(environment, "ACCESS_ISSUER", _any),
        access_audience=_read(environment, "ACCESS_AUDIENCE", _any),
        access_jwks_url=_read(environment, "ACCESS_JWKS_URL", _optional_address),
        access_secret_name=_read(environment, "ACCESS_SECRET_NAME", _name),
        identity_client_id=_read(environment, "AZURE_CLIENT_ID", _any),
    )


def _read(environment: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T:
    setting = next(s for s in SETTINGS if s.name == name)
    text = environment.get(name, "").strip()
    if not text:
        if setting.default is None:
            raise BadSetting("setting-missing", {"setting": name})
        text = setting.default
    try:
        return parse(text)
    except ValueError as error:
        raise BadSetting("setting-malformed", {"setting": name, "expected": str(error)}) from error


def _any(text: str) -> str:
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z._-]{1,127}", text):
        raise ValueError("letters, digits, '-', '_' and '.' only")
    return text


def _address(text: str) -> str:
    expected = "an https:// address (http:// only on this machine)"
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s?#]", text)
    except ValueError as error:  # brackets that do not close, a port that is no number
        raise ValueError(expected) from error
    if is_whole and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        return text.rstrip("/")
    raise ValueError(expected)


def _optional_address(text: str) -> str:
    return _address(text) if text else ""


def _vault(text: str) -> str:
    if re.fullmatch(r"file:///.+", text):
        return text
    if text.startswith("https://"):
        return _address(text)
    raise ValueError("https://<vault>.vault.azure.net, or file:///<path> on one machine")


def _queue(text: str) -> str:
    # Storage queue names: 3-63 characters, lower case, no double or outer hyphens; "-poison" must still fit.
    if not re.fullmatch(r"[a-z0-9](?:-?[a-z0-9])+", text) or not 3 <= len(text) <= 56:
        raise ValueError("3 to 56 lower-case letters, digits and single hyphens")
    return text


def _schedule(text: str) -> str:
    if len(text.split()) != 6:
        raise ValueError("six NCRONTAB fields, such as 0 */5 * * * *")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("an IANA time zone such as Asia/Tokyo") from error
    return text


def _kind(text: str) -> str:
    return _one_of(text, _KINDS)


def _server(text: str) -> str:
    return _one_of(text, _SERVERS)


def _account(text: str) -> str:
    return _one_of(text, ("service", "person"))


def _one_of(text: str, words: Sequence[str]) -> str:
    if text not in words:
        raise ValueError(" or ".join(words))
    return text


def _home(text: str) -> str:
    if text and ("{user}" not in text or not re.fullmatch(r"[0-9A-Za-z._~@%/{}-]+", text)):
        raise ValueError("a path below GROUPWARE_URL with {user} in it")
    return text
