"""The shell scripts: clean by shellcheck, idempotent, clear when something is missing. az is a stand-in here;
`make check-az` holds the same command lines against the real one's parser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.bicep import INFRA, ROOT
from tests.infra.stage import Stage, changes

SCRIPTS = ("deploy.sh", "register-app.sh")
CLIENT, PRINCIPAL, TENANT = "11111111-aaaa", "22222222-bbbb", "33333333-cccc"
REDIRECT = "https://func-x.azurewebsites.net/api/oauth/callback"
PARAMETERS = "infra/environments/test.bicepparam"

OUTPUTS = "az deployment group show --resource-group rg --name calendar-sync --query properties.outputs"
SIGNED_IN: dict[str, str | int] = {
    "az account show --query tenantId": TENANT,
    "az account show": "",
    "az cloud show": "https://login.microsoftonline.com/",
    f"{OUTPUTS}.redirectUri": REDIRECT,
    f"{OUTPUTS}.identity": PRINCIPAL,
    f"{OUTPUTS}.appName": "func-x",
    f"{OUTPUTS}.appUrl": "https://a.test",
    f"{OUTPUTS}.vaultName": "kv-x",
}
NEW_APP: dict[str, str | int] = {"az ad app list": "", "az ad app create": CLIENT, "az ad sp show": 3}
KNOWN_APP: dict[str, str | int] = {
    "az ad app list": CLIENT,
    "az ad app show": "https://other.test/api/oauth/callback\n" + REDIRECT,
    "az ad app federated-credential list": PRINCIPAL,
    "az ad sp show": "",
}
DEPLOYED: dict[str, str | int] = {"az group exists": "true", "curl": '{"status": "ok"}'}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, dict(SIGNED_IN))


@pytest.mark.parametrize("script", [*SCRIPTS, "lib.sh"])
def test_shellcheck_finds_nothing(script: str) -> None:
    checker = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run(
        [str(checker), "-x", "-P", str(ROOT), str(INFRA / script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_needs_nothing_and_changes_nothing(script: str, stage: Stage) -> None:
    ended = stage.run(script, "--help", without=("az", "curl"))
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: infra/{script}")
    assert not ended.calls


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "arguments", [(), ("--nonsense",), ("--resource-group",), ("--resource-group", "--yes")]
)
def test_a_wrong_call_is_explained(script: str, arguments: tuple[str, ...], stage: Stage) -> None:
    ended = stage.run(script, *arguments)
    assert ended.code == 2
    assert "error:" in ended.err
    assert not changes(ended)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_missing_az_is_named(script: str, stage: Stage) -> None:
    ended = (
        stage.run(script, "--resource-group", "rg", "--parameters", PARAMETERS, without=("az",))
        if (script == "deploy.sh")
        else stage.run(script, "--resource-group", "rg", without=("az",))
    )
    assert ended.code == 3
    assert "az is needed" in ended.err


@pytest.mark.parametrize("script", SCRIPTS)
def test_who_is_not_signed_in_is_told_how(script: str, stage: Stage) -> None:
    stage.answers = {"az account show": 1}
    more = ("--parameters", PARAMETERS) if script == "deploy.sh" else ()
    ended = stage.run(script, "--resource-group", "rg", *more)
    assert ended.code == 4
    assert "az login" in ended.err


# -- register-app.sh --------------------------------------------------------------------------------------------


def test_a_new_registration_asks_for_exactly_what_is_needed(stage: Stage) -> None:
    stage.answers |= NEW_APP
    ended = stage.run("register-app.sh", "--resource-group", "rg")
    assert ended.code == 0, ended.err
    (created,) = ended.of("ad", "app", "create")
    assert created.option("--sign-in-audience") == "AzureADMyOrg"
    assert created.option("--web-redirect-uris") == REDIRECT
    (asked,) = json.loads(created.option("--required-resource-accesses"))
    assert asked["resourceAppId"] == "00000003-0000-0000-c000-000000000000"
    # azure-hosting.md 4: Calendars.ReadWrite and User.Read.All for the app; openid and profile to sign in.
    assert {(one["id"], one["type"]) for one in asked["resourceAccess"]} == {
        ("ef54d2bf-783f-4e0f-bca1-3210c0444d99", "Role"),
        ("df021288-bdef-4463-88db-98f22de89214", "Role"),
        ("37f7f235-527c-4136-accd-4a02d197296e", "Scope"),
        ("14dad69e-099b-42c9-810b-d002981feec1", "Scope"),
    }
    assert len(ended.of("ad", "sp", "create")) == 1
    (trusted,) = ended.of("ad", "app", "federated-credential", "create")
    assert json.loads(trusted.option("--parameters")) == {
        "name": "managed-identity",
        "issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "subject": PRINCIPAL,
        "audiences": ["api://AzureADTokenExchange"],
    }
    assert CLIENT in ended.out
    assert TENANT in ended.out
    assert "adminconsent?client_id=" in ended.out
    assert "https%3A%2F%2Ffunc-x.azurewebsites.net%2Fapi%2Foauth%2Fcallback" in ended.out


def test_running_it_again_makes_nothing_new_and_keeps_other_addresses(stage: Stage) -> None:
    stage.answers |= KNOWN_APP
    ended = stage.run("register-app.sh", "--resource-group", "rg")
    assert ended.code == 0, ended.err
    (updated,) = changes(ended)
    assert updated.arguments[:3] == ["ad", "app", "update"]
    at = updated.said.index("--web-redirect-uris")
    assert updated.said[at + 1 : at + 3] == [REDIRECT, "https://other.test/api/oauth/callback"]


def test_a_new_identity_takes_the_place_of_the_former_one(stage: Stage) -> None:
    stage.answers = {"az ad app federated-credential list": "somebody-else", **SIGNED_IN, **KNOWN_APP} | {
        "az ad app federated-credential list": "somebody-else"
    }
    ended = stage.run("register-app.sh", "--resource-group", "rg")
    (updated,) = ended.of("ad", "app", "federated-credential", "update")
    assert json.loads(updated.option("--parameters"))["subject"] == PRINCIPAL


def test_with_a_secret_nothing_is_trusted_and_the_secret_is_not_made(stage: Stage) -> None:
    stage.answers |= NEW_APP
    ended = stage.run("register-app.sh", "--resource-group", "rg", "--secret")
    assert ended.code == 0, ended.err
    assert not ended.of("ad", "app", "federated-credential")
    assert not ended.of("ad", "app", "credential")
    assert "enter its value (not its id)" in ended.out


def test_reading_the_end_of_a_credential_is_asked_for_only_on_demand(stage: Stage) -> None:
    stage.answers |= NEW_APP
    ended = stage.run("register-app.sh", "--resource-group", "rg", "--expiry-from-graph")
    (created,) = ended.of("ad", "app", "create")
    assert "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30" in created.option("--required-resource-accesses")


def test_two_registrations_of_one_name_are_not_guessed_between(stage: Stage) -> None:
    stage.answers |= {"az ad app list": f"{CLIENT}\nanother\n"}
    ended = stage.run("register-app.sh", "--resource-group", "rg")
    assert ended.code == 6
    assert "--client-id" in ended.err
    assert not changes(ended)


def test_a_missing_right_is_named(stage: Stage) -> None:
    stage.answers |= NEW_APP | {"az ad app create": 1}
    ended = stage.run("register-app.sh", "--resource-group", "rg")
    assert ended.code == 7
    assert "Application Developer" in ended.err


def test_an_address_without_tls_is_refused(stage: Stage) -> None:
    ended = stage.run("register-app.sh", "--redirect-uri", "http://a.test/x", "--principal-id", PRINCIPAL)
    assert ended.code == 2
    assert not changes(ended)


# -- deploy.sh --------------------------------------------------------------------------------------------------


def test_a_deployment_shows_first_then_changes_then_publishes_then_asks_the_app(stage: Stage) -> None:
    stage.answers |= DEPLOYED
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--parameters", PARAMETERS, "--yes")
    assert ended.code == 0, ended.err
    order = [call.arguments[:3] for call in ended.calls]
    shown = order.index(["deployment", "group", "what-if"])
    done = order.index(["deployment", "group", "create"])
    published = order.index(["functionapp", "deployment", "source"])
    assert shown < done < published
    assert ended.calls[-1].tool == "az" or any(call.tool == "curl" for call in ended.calls)
    assert [call.arguments[-1] for call in ended.calls if call.tool == "curl"] == [
        "https://a.test/api/health"
    ]
    assert "register-app.sh" in ended.err


def test_without_yes_nothing_is_changed_unasked(stage: Stage) -> None:
    stage.answers |= DEPLOYED
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--parameters", PARAMETERS)
    assert ended.code != 0
    assert not changes(ended)


def test_what_if_changes_nothing(stage: Stage) -> None:
    stage.answers |= DEPLOYED
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--parameters", PARAMETERS, "--what-if")
    assert ended.code == 0, ended.err
    assert ended.of("deployment", "group", "what-if")
    assert not changes(ended)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_dry_run_changes_nothing_and_says_what_it_would(script: str, stage: Stage) -> None:
    stage.answers |= NEW_APP | DEPLOYED | {"az group exists": "false"}
    more = ("--parameters", PARAMETERS, "--location", "japaneast") if script == "deploy.sh" else ()
    ended = stage.run(script, "--resource-group", "rg", *more, "--dry-run")
    assert ended.code == 0, ended.err
    assert not changes(ended)
    assert ended.err.count("would run: az") >= 3


def test_a_new_group_needs_a_region(stage: Stage) -> None:
    stage.answers |= DEPLOYED | {"az group exists": "false"}
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--parameters", PARAMETERS, "--yes")
    assert ended.code == 2
    assert "--location" in ended.err
    assert not changes(ended)


def test_only_code_leaves_the_infrastructure_alone(stage: Stage) -> None:
    stage.answers |= DEPLOYED
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--only-code")
    assert ended.code == 0, ended.err
    assert [call.arguments[:2] for call in changes(ended)] == [["functionapp", "deployment"]]


def test_a_failed_deployment_publishes_nothing(stage: Stage) -> None:
    stage.answers |= DEPLOYED | {"az deployment group create": 1}
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--parameters", PARAMETERS, "--yes")
    assert ended.code == 6
    assert not ended.of("functionapp", "deployment")


def test_a_missing_parameter_file_is_named(stage: Stage) -> None:
    ended = stage.run("deploy.sh", "--resource-group", "rg", "--parameters", "nowhere.bicepparam")
    assert ended.code == 2
    assert "nowhere.bicepparam" in ended.err
