"""The composition root: built once, by name refused, and nothing is asked of the outside before it is needed."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

import sync.app
from sync.adapters.secrets.file import FileSecrets
from sync.app import App, the_app
from sync.core.passes import new_pass_id
from sync.core.settings import Connection, OrganizationSettings, State
from sync.errors import BadSetting, CannotSync, NeedsAdministrator
from sync.ports import PassRecord, PassState
from sync.sandbox.ports import free_ports
from sync.web.keys import JwksKeys, StaticKeys
from tests.adapters.groupware.caldav.servers import Server
from tests.contract.calendar import WINDOW
from tests.fakes import FakeClock, connected
from tests.test_config import EXAMPLES

SECRET = "a secret of at least thirty-two bytes"
TENANT = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """On ports where nobody listens: who asks the outside too early fails."""
    [port] = free_ports(1)
    here = f"http://127.0.0.1:{port}"
    return {
        **EXAMPLES,
        "KEY_VAULT_URL": (tmp_path / "secrets.json").as_uri(),
        "GRAPH_URL": here,
        "ENTRA_URL": here,
        "GROUPWARE_URL": here,
    }


@pytest.fixture
def secrets(environment: Mapping[str, str]) -> FileSecrets:
    return FileSecrets(Path(environment["KEY_VAULT_URL"].removeprefix("file://")))


@pytest.fixture
def fresh() -> Iterator[None]:
    """The process's own App, unbuilt before and after."""
    before, sync.app._built = sync.app._built, None
    yield
    sync.app._built = before


def at_once(act: Callable[[], Any], count: int = 8) -> list[Any]:
    together = threading.Barrier(count)
    found: list[Any] = []

    def go() -> None:
        together.wait()
        found.append(act())

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


# -- built once -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh")
def test_the_process_has_one_app_however_many_ask_first(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert len(set(map(id, at_once(the_app)))) == 1


@pytest.mark.usefixtures("fresh")
def test_a_start_that_failed_is_tried_again(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.delenv("GROUPWARE_URL")
    with pytest.raises(BadSetting):
        the_app()
    monkeypatch.setenv("GROUPWARE_URL", environment["GROUPWARE_URL"])
    assert the_app() is the_app()
    assert not logging.getLogger("azure.core.pipeline.policies.http_logging_policy").isEnabledFor(
        logging.INFO
    )


def test_parts_are_shared_by_all_threads(environment: Mapping[str, str], secrets: FileSecrets) -> None:
    """Two would mean two token caches and twice the connections."""
    secrets.set("access-secret", SECRET)
    app = App(environment)
    for look in (lambda: app.services, lambda: app.use_cases, lambda: app.web):
        assert len(set(map(id, at_once(look)))) == 1


def test_apps_are_strangers_to_each_other(environment: Mapping[str, str]) -> None:
    one, other = App(environment), App(environment)
    assert one.services is not other.services


def test_building_asks_nothing_of_the_outside(environment: Mapping[str, str]) -> None:
    """Nobody listens on any of the addresses, and no secret is stored."""
    assert App(environment).services.jobs is not None


# -- refused by name ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GROUPWARE_URL", ""),
        ("SYNC_QUEUE", "No Queue"),
        ("AzureWebJobsStorage", ""),
        ("AzureWebJobsStorage", "no connection string"),
    ],
)
def test_a_bad_setting_stops_the_start_by_name(environment: Mapping[str, str], name: str, text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        _ = App({**environment, name: text}).services
    assert caught.value.detail["setting"] == name


def test_an_identity_without_an_address_is_refused_by_name(environment: Mapping[str, str]) -> None:
    settings = {**environment, "AzureWebJobsStorage": "", "AzureWebJobsStorage__clientId": "me"}
    with pytest.raises(BadSetting) as caught:
        _ = App(settings).services
    assert caught.value.detail["setting"] == "AzureWebJobsStorage"


# -- who signs the tokens -------------------------------------------------------------------------------------


def issuer_keys(app: App) -> object:
    [issuer] = app._access()._issuers.values()
    return issuer.keys


def test_without_jwks_the_shared_secret_signs(environment: Mapping[str, str], secrets: FileSecrets) -> None:
    secrets.set("access-secret", SECRET)
    assert isinstance(issuer_keys(App(environment)), StaticKeys)


def test_without_jwks_a_missing_secret_is_named_and_nobody_gets_in(environment: Mapping[str, str]) -> None:
    app = App(environment)
    with pytest.raises(NeedsAdministrator) as caught:
        _ = app.web
    assert (caught.value.code, caught.value.detail) == ("access-secret-missing", {"secret": "access-secret"})


def test_with_jwks_the_secret_is_not_looked_at(environment: Mapping[str, str], secrets: FileSecrets) -> None:
    secrets.set("access-secret", SECRET)
    app = App({**environment, "ACCESS_JWKS_URL": "https://groupware.example/keys"})
    assert isinstance(issuer_keys(app), JwksKeys)


# -- messages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "no job", "[]", '{"organization": "default"}'])
def test_a_message_that_is_no_job_fails_and_its_poison_is_only_logged(
    environment: Mapping[str, str], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = App(environment)
    with pytest.raises(CannotSync, match="job-malformed"):
        app.run_message(text)
    caplog.set_level("INFO", logger="sync")
    app.run_poison(text)
    assert "poison-not-recorded" in caplog.text


def test_the_poison_of_a_person_whose_row_is_damaged_is_only_logged(environment: Mapping[str, str]) -> None:
    class Damaged:
        def get(self, organization: str, user: str) -> Connection:
            raise NeedsAdministrator("connection-damaged", {"user": user})

    app = App(environment)
    app.__dict__["services"] = replace(app.services, connections=cast(Any, Damaged()))
    app.run_poison('{"organization": "default", "user": "suzuki"}')


def test_a_missing_secret_is_the_persons_error_until_it_is_stored(
    azurite: str, environment: Mapping[str, str], secrets: FileSecrets
) -> None:
    clock = FakeClock()
    app = App({**environment, "AzureWebJobsStorage": azurite}, clock)
    who = Connection(
        f"o{uuid.uuid4().hex}", "suzuki", mailbox="m", tenant=TENANT, enabled=True, state=State.ACTIVE
    )
    app.services.connections.put(who)
    app.services.tenants.put(connected(who.organization, TENANT))
    message = f'{{"organization": "{who.organization}", "user": "suzuki"}}'

    def error() -> str:
        app.run_message(message)
        found: Connection | None = app.services.connections.get(who.organization, who.user)
        assert found is not None
        [newest, *_] = app.services.passes.list(who.organization, who.user)
        assert (newest.state, newest.error) == (PassState.FAILED, found.error)
        return found.error

    assert error() == "groupware-key-missing"
    secrets.set("groupware-key", "key")
    clock.advance(60)
    assert error() == "groupware-unavailable"  # nobody listens there, but the key was found


def test_the_timer_removes_what_is_over_its_time(azurite: str, environment: Mapping[str, str]) -> None:
    clock = FakeClock()
    services = App({**environment, "AzureWebJobsStorage": azurite}, clock).services
    organization = f"o{uuid.uuid4().hex}"
    services.organizations.put(organization, OrganizationSettings(keep_passes_days=30))
    services.connections.put(Connection(organization, "suzuki"))
    for days in (29, 31):
        at = clock.now() - timedelta(days=days)
        record = PassRecord(
            new_pass_id(organization, "suzuki", at), organization, "suzuki", PassState.DONE, "manual", at
        )
        services.passes.save(record)
    app = App({**environment, "AzureWebJobsStorage": azurite}, clock)
    app.tick()
    [left] = app.services.passes.each(organization, "suzuki")
    assert left.started_at == clock.now() - timedelta(days=29)
    found = app.services.connections.get(organization, "suzuki")
    assert found.pruned_at == clock.now()


def test_the_groupware_can_be_a_caldav_server(
    environment: Mapping[str, str], secrets: FileSecrets, radicale: Server
) -> None:
    user = radicale.person()
    secrets.set(
        "groupware-list", f'{{"users": [{{"id": "{user}", "name": "花子"}}], "eventTypes": ["会議"]}}'
    )
    caldav = {"GROUPWARE_KIND": "caldav", "GROUPWARE_SERVER": "radicale", "GROUPWARE_URL": radicale.url}
    one_account = App({**environment, **caldav, "GROUPWARE_HOME": "{user}/"}, FakeClock())
    each = App({**environment, **caldav, "GROUPWARE_ACCOUNT": "person"}, FakeClock())
    who = Connection("default", user, mailbox="m")
    for app, name in ((one_account, "groupware-key"), (each, f"groupware-key/{user}")):
        services = app.services
        with pytest.raises(NeedsAdministrator):
            services.calendars.groupware(who, OrganizationSettings())
        secrets.set(name, "service:secret")
        assert [one.name for one in services.directory.users()] == ["花子"]
        assert services.directory.event_types() == {"会議": "会議"}
        calendar = services.calendars.groupware(who, OrganizationSettings())
        if app is one_account:
            assert calendar.changes(WINDOW, None)[0].is_complete


def test_the_clock_is_handed_in(environment: Mapping[str, str]) -> None:
    clock = FakeClock()
    app = App(environment, clock)
    assert app.services.clock is clock
