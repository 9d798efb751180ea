"""Every setting of the environment: its default, and that a wrong one stops the start by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from sync.adapters.groupware.caldav.quirks import SERVERS
from sync.config import SETTINGS, Setting, read_config
from sync.errors import BadSetting

ROOT = Path(__file__).parents[1]
EXAMPLES: Mapping[str, str] = {setting.name: setting.example for setting in SETTINGS}
REQUIRED = [setting.name for setting in SETTINGS if setting.default is None]
OPTIONAL = {setting.name: setting.default for setting in SETTINGS if setting.default}
ADDRESSES = ("PUBLIC_URL", "GRAPH_URL", "ENTRA_URL", "GROUPWARE_URL", "ACCESS_JWKS_URL")
# The host's own, which the worker needs before any code of ours runs.
OF_THE_HOST = {"FUNCTIONS_WORKER_RUNTIME"}


def environment(**changes: str) -> dict[str, str]:
    return {**EXAMPLES, **changes}


def refused(settings: Mapping[str, str]) -> tuple[str, str]:
    """The code, and the name of the setting at fault."""
    with pytest.raises(BadSetting) as caught:
        read_config(settings)
    return caught.value.code, caught.value.detail["setting"]


def test_the_examples_are_a_whole_environment() -> None:
    config = read_config(EXAMPLES)
    assert config.queue == "sync-passes"
    assert config.storage == {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


@pytest.mark.parametrize("name", [*REQUIRED, "AzureWebJobsStorage"])
@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_required_setting_that_is_missing_is_named(name: str, text: str | None) -> None:
    settings = environment()
    del settings[name]
    if text is not None:
        settings[name] = text
    assert refused(settings) == ("setting-missing", name)


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_optional_setting_has_its_default(name: str) -> None:
    settings = environment()
    del settings[name]
    assert read_config(settings) == read_config(environment(**{name: str(OPTIONAL[name])}))


def test_the_defaults_are_those_of_the_public_cloud_and_of_japan() -> None:
    config = read_config({name: EXAMPLES[name] for name in [*REQUIRED, "AzureWebJobsStorage"]})
    assert (config.graph_url, config.entra_url, config.time_zone, config.groupware_kind) == (
        "https://graph.microsoft.com",
        "https://login.microsoftonline.com",
        "Asia/Tokyo",
        "connector",
    )
    assert (config.access_jwks_url, config.identity_client_id) == ("", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KEY_VAULT_URL", "vault.azure.net"),
        ("KEY_VAULT_URL", "http://127.0.0.1"),
        ("KEY_VAULT_URL", "file://elsewhere/secrets.json"),
        ("KEY_VAULT_URL", "file:///"),
        ("SYNC_SCHEDULE", "*/5 * * * *"),
        ("SYNC_SCHEDULE", "every five minutes"),
        ("SYNC_QUEUE", "ab"),
        ("SYNC_QUEUE", "Sync-Passes"),
        ("SYNC_QUEUE", "sync--passes"),
        ("SYNC_QUEUE", "-sync"),
        ("SYNC_QUEUE", "sync-"),
        ("SYNC_QUEUE", "a" * 57),
        ("SYNC_QUEUE", "a-" * 30 + "a"),
        ("TIME_ZONE", "Tokyo Standard Time"),
        ("TIME_ZONE", "Asia"),
        ("TIME_ZONE", "../zoneinfo/Asia/Tokyo"),
        ("TIME_ZONE", "/etc/localtime"),
        ("GROUPWARE_SECRET_NAME", "a" * 128),
        ("ACCESS_SECRET_NAME", "名前"),
        ("GROUPWARE_KIND", "ical"),
        ("GROUPWARE_SERVER", "exchange"),
        ("GROUPWARE_ACCOUNT", "admin"),
        ("GROUPWARE_HOME", "principals/users/"),
        ("GROUPWARE_HOME", "https://evil.example/{user}/"),
        ("GROUPWARE_HOME", "{user}/?x=1"),
        ("GROUPWARE_LIST_NAME", "a list"),
        *[
            (name, text)
            for name in ADDRESSES
            for text in (
                "graph.microsoft.com",
                "ftp://example.com",
                "http://graph.microsoft.com",
                "http://10.0.0.1",
                "http://127.0.0.1.example.com",
                "http://localhost.example.com",
                "http://127.0.0.1@example.com",
                "https://",
                "https://[::1",
                "https://example.com:port",
                "https://example .com",
                "https://example.com?key=1",
            )
        ],
    ],
)
def test_a_malformed_setting_is_named_with_what_is_expected(name: str, text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_config(environment(**{name: text}))
    assert (caught.value.code, caught.value.detail["setting"]) == ("setting-malformed", name)
    assert caught.value.detail["expected"]


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8001", "http://localhost", "http://[::1]:8001", "https://example.com/base"]
)
def test_http_is_for_this_machine_and_https_for_everywhere(name: str, text: str) -> None:
    read_config(environment(**{name: text}))


def test_a_slash_at_the_end_of_an_address_does_not_matter() -> None:
    assert read_config(environment(GROUPWARE_URL="https://gw.example/api/")).groupware_url == (
        "https://gw.example/api"
    )


@pytest.mark.parametrize("text", ["a-b-c", "abc", "a" * 56, "sync-passes-2"])
def test_a_queue_name_leaves_room_for_its_poison_queue(text: str) -> None:
    assert len(read_config(environment(SYNC_QUEUE=text)).queue) + len("-poison") <= 63


def test_storage_may_be_named_by_its_addresses_and_an_identity() -> None:
    settings = environment(
        AzureWebJobsStorage__tableServiceUri="https://x.table.core.windows.net",
        AzureWebJobsStorage__queueServiceUri="https://x.queue.core.windows.net",
    )
    del settings["AzureWebJobsStorage"]
    assert set(read_config(settings).storage) == {
        "AzureWebJobsStorage__tableServiceUri",
        "AzureWebJobsStorage__queueServiceUri",
    }


def test_what_is_not_ours_in_the_environment_is_passed_over() -> None:
    assert read_config(environment(PATH="/bin", FUNCTIONS_WORKER_RUNTIME="python")) == read_config(EXAMPLES)


def test_a_refusal_never_quotes_what_was_entered() -> None:
    """Settings are mixed up now and then; a secret in the wrong place must not reach a log."""
    with pytest.raises(BadSetting) as caught:
        read_config(environment(GROUPWARE_SECRET_NAME="s3cr3t value"))
    assert "s3cr3t" not in f"{caught.value} {caught.value.detail}"


def test_every_setting_is_explained_once() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert all(setting.help.endswith(".") for setting in SETTINGS)


def test_no_setting_holds_a_secret() -> None:
    """Secrets live in the vault; the environment only says what they are called."""
    suspicious = [
        s.name for s in SETTINGS if any(w in s.name for w in ("SECRET", "KEY", "PASSWORD", "TOKEN"))
    ]
    assert all(name.endswith("_NAME") or name == "KEY_VAULT_URL" for name in suspicious)


def test_the_example_file_holds_exactly_our_settings() -> None:
    found = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))
    assert found["IsEncrypted"] is False
    values = {name: text for name, text in found["Values"].items() if name not in OF_THE_HOST}
    assert values == EXAMPLES
    assert found["Values"]["FUNCTIONS_WORKER_RUNTIME"] == "python"


def test_one_account_for_everybody_must_be_told_where_people_are() -> None:
    with pytest.raises(BadSetting) as caught:
        read_config(environment(GROUPWARE_KIND="caldav"))
    assert (caught.value.code, caught.value.detail["setting"]) == ("setting-missing", "GROUPWARE_HOME")
    read_config(environment(GROUPWARE_KIND="caldav", GROUPWARE_HOME="{user}/"))
    read_config(environment(GROUPWARE_KIND="caldav", GROUPWARE_ACCOUNT="person"))


def test_every_server_that_can_be_named_has_its_quirks() -> None:
    for name in SERVERS:
        assert read_config(environment(GROUPWARE_SERVER=name)).groupware_server == name
    assert all(f"`{name}`" in setting_of("GROUPWARE_SERVER").help for name in SERVERS)


def setting_of(name: str) -> Setting:
    return next(setting for setting in SETTINGS if setting.name == name)
