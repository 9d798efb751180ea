"""The Bicep files against the code they deploy; what only the compiler could tell is named in the README."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_bicep

from sync.config import SETTINGS
from tests.infra.bicep import FILES, INFRA, ROOT, Json, module, parse, resources, syntax_errors, text_of

STORAGE_PREFIX = "AzureWebJobsStorage__"
# Settings that the Functions host reads, not our code (azure-hosting.md 4).
OF_THE_HOST = {
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
# azure-hosting.md 3: deprecated or refused on Flex Consumption.
NOT_ON_FLEX = {
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_PROCESS_COUNT",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_TIME_ZONE",
}
# azure-hosting.md 4, as published for every cloud.
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
}


def settings() -> dict[str, Any]:
    found: dict[str, Any] = module("app")["resources"]["appSettings"]["config"]["properties"]
    return found


# -- syntax and symbols -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_parsers_accept_the_file(path: Path) -> None:
    assert parse(path)
    assert not syntax_errors(text_of(path))


def test_a_broken_file_would_be_noticed() -> None:
    assert syntax_errors("resource x 'A/b@2024-01-01' = {\n  name 'x'\n}\n")


def test_every_module_is_used_and_every_used_one_exists() -> None:
    used = {found["detail"]["path"] for found in parse(INFRA / "main.bicep")["modules"].values()}
    assert used == {f"modules/{path.name}" for path in (INFRA / "modules").glob("*.bicep")}


@pytest.mark.parametrize("symbol", parse(INFRA / "main.bicep")["modules"])
def test_a_module_is_given_its_parameters_and_no_others(symbol: str) -> None:
    found = parse(INFRA / "main.bicep")["modules"][symbol]
    config = found["config"]
    given = (config.get("config") or config)["params"]
    wanted = parse(INFRA / found["detail"]["path"])["parameters"]
    assert given.keys() <= wanted.keys()
    assert {name for name, one in wanted.items() if one["default"] is None} <= given.keys()


def test_only_outputs_that_a_module_has_are_used() -> None:
    main = parse(INFRA / "main.bicep")
    uses = set(re.findall(r"\b(\w+)\.outputs\.(\w+)", text_of(INFRA / "main.bicep")))
    assert uses
    for symbol, output in uses:
        declared = parse(INFRA / main["modules"][symbol]["detail"]["path"])["outputs"]
        assert output in declared, f"{symbol}.outputs.{output}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_symbol_is_declared_and_every_parameter_is_used(path: Path) -> None:
    parsed = parse(path)
    declared = {
        name for part in ("parameters", "variables", "resources", "modules") for name in parsed.get(part, {})
    }
    loops = set(re.findall(r"\[for (\w+) in", text_of(path)))
    loops |= {name for pair in re.findall(r"\[for \((\w+), (\w+)\) in", text_of(path)) for name in pair}
    used = set(symbols(path))
    assert used <= declared | loops
    assert set(parsed.get("parameters", {})) <= used, "a parameter that nothing reads"


def symbols(path: Path) -> Iterator[str]:
    """Names that stand for a value: no property, no declaration, no function."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
    stack = [parser.parse(path.read_bytes()).root_node]
    while stack:
        node = stack.pop()
        stack += node.children
        if node.type != "identifier" or node.parent is None or node.text is None:
            continue
        parent = node.parent
        is_first = parent.children[0] == node
        if parent.type in ("object_property", "call_expression", "decorator") and is_first:
            continue
        if parent.type.endswith("_declaration") and node in parent.children[:3]:
            continue
        if parent.type in ("for_loop_parameters", "for_statement", "type", "primitive_type"):
            continue
        yield node.text.decode()


# -- settings ---------------------------------------------------------------------------------------------------


def test_every_setting_that_the_code_reads_is_set_and_no_other() -> None:
    ours = {one.name for one in SETTINGS} - {"AzureWebJobsStorage"}
    assert set(settings()) == ours | OF_THE_HOST
    assert not NOT_ON_FLEX & set(settings())


def test_the_settings_that_main_hands_over_are_those_that_the_app_asks_for() -> None:
    asked = set(re.findall(r"\bsettings\.(\w+)", text_of(INFRA / "modules" / "app.bicep")))
    given = parse(INFRA / "main.bicep")["modules"]["app"]["config"]["params"]["settings"]
    assert asked == set(given)


def test_bindings_resolve() -> None:
    """`%NAME%` in function_app.py is an app setting."""
    names = set(re.findall(r"%(\w+)%", (ROOT / "function_app.py").read_text()))
    assert names
    assert names <= set(settings())
    assert 'connection="AzureWebJobsStorage"' in (ROOT / "function_app.py").read_text()


def test_the_tables_and_queues_are_those_of_the_code() -> None:
    in_code = set()
    for path in (ROOT / "sync").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "table"
            ):
                in_code |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    assert in_code
    assert set(module("storage")["variables"]["tableNames"]["value"]) == in_code
    queues = [
        config["name"] for _, _, config in resources("Microsoft.Storage/storageAccounts/queueServices/queues")
    ]
    assert sorted(queues) == ["${syncQueue}-poison", "syncQueue"]


# -- security ---------------------------------------------------------------------------------------------------


def test_the_roles_are_what_they_claim_and_each_is_explained() -> None:
    given = {}
    for path, _, config in resources("Microsoft.Authorization/roleAssignments"):
        role = config["properties"]["roleDefinitionId"]["function"]["parameters"]["resource_name_1"]
        assert config["name"]["function"]["parameters"]["extra_string_2"] == role, (
            "the name would not be unique"
        )
        assert config["scope"] in ("account", "vault", "insights"), "no wider than one resource"
        assert config["properties"]["principalType"] == "ServicePrincipal"
        given[role] = path
    assert given.keys() == ROLES.keys()
    for role, path in given.items():
        assert f"// {ROLES[role]}:" in text_of(path)


def test_no_secret_is_put_out_or_set_in_plain() -> None:
    for path in FILES:
        text = text_of(path)
        assert not re.search(
            r"listKeys|listSecrets|listAccountSas|\.key[12]?\b|SharedAccessKey|AccountKey", text
        ), path
        for name, output in parse(path).get("outputs", {}).items():
            said = json.dumps(output["value"], default=str)
            assert not re.search(
                r"secret|password|connectionstring|instrumentationkey", (name + said).lower()
            )
    for name, value in settings().items():
        if re.search(r"SECRET|KEY|PASSWORD", name) and name not in ("KEY_VAULT_URL",):
            assert name.endswith(("_SECRET_NAME", "_LIST_NAME")), name
            assert isinstance(value, str)
            assert re.fullmatch(r"[a-z-]+", value), "the name of a secret, not its value"


def test_storage_is_closed_to_keys_and_to_the_world() -> None:
    ((_, _, account),) = resources("Microsoft.Storage/storageAccounts")
    properties = account["properties"]
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["allowCrossTenantReplication"] is False
    assert properties["minimumTlsVersion"] == "TLS1_2"
    assert properties["supportsHttpsTrafficOnly"] is True
    assert private_value(properties["publicNetworkAccess"]) == ("isPrivate", "Disabled", "Enabled")
    assert private_value(properties["networkAcls"]["defaultAction"]) == ("isPrivate", "Deny", "Allow")


def test_the_vault_uses_roles_and_cannot_be_purged() -> None:
    ((_, _, vault),) = resources("Microsoft.KeyVault/vaults")
    properties = vault["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["enablePurgeProtection"] is True
    assert properties["enableSoftDelete"] is True
    assert 7 <= properties["softDeleteRetentionInDays"] <= 90
    assert private_value(properties["publicNetworkAccess"]) == ("isPrivate", "Disabled", "Enabled")


def private_value(value: Json) -> tuple[str, str, str]:
    choice = value["operator"]["operands"]
    return choice["condition"], choice["true_value"], choice["false_value"]


def test_the_app_speaks_tls_and_takes_no_passwords() -> None:
    ((_, _, site),) = resources("Microsoft.Web/sites")
    properties = site["properties"]
    assert properties["httpsOnly"] is True
    assert properties["siteConfig"]["minTlsVersion"] == "1.2"
    assert properties["siteConfig"]["ftpsState"] == "Disabled"
    runtime = properties["functionAppConfig"]["runtime"]
    assert (runtime["name"], runtime["version"]) == ("python", "3.13")
    assert (
        properties["functionAppConfig"]["deployment"]["storage"]["authentication"]["type"]
        == "UserAssignedIdentity"
    )
    policies = resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {config["name"]: config["properties"]["allow"] for _, _, config in policies} == {
        "ftp": False,
        "scm": False,
    }


def test_logs_take_entra_identities_only() -> None:
    ((_, _, insights),) = resources("Microsoft.Insights/components")
    assert insights["properties"]["DisableLocalAuth"] is True
    assert (
        settings()["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
        == "ClientId=${identityClientId};Authorization=AAD"
    )


# -- names ------------------------------------------------------------------------------------------------------

# Longest name each kind of resource may have, and what it may be made of
# (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).
LIMITS = {
    "identity": (128, r"[A-Za-z0-9_-]+"),
    "network": (64, r"[A-Za-z0-9_.-]+"),
    "storage": (24, r"[a-z0-9]+"),
    "vault": (24, r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"),
    "app": (60, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"),
}


@pytest.mark.parametrize("name", ["ab", "calsync", "a" * 10, "test-sync1"])
@pytest.mark.parametrize("symbol", LIMITS)
def test_names_stay_within_azures_limits(symbol: str, name: str) -> None:
    assert parse(INFRA / "main.bicep")["parameters"]["name"]["decorators"], "bounded by decorators"
    found = parse(INFRA / "main.bicep")["modules"][symbol]["config"]
    template = (found.get("config") or found)["params"]["name"]
    made = evaluated(template, name)
    longest, allowed = LIMITS[symbol]
    assert 3 <= len(made) <= longest
    assert re.fullmatch(allowed, made)
    assert "--" not in made


def evaluated(template: str, name: str) -> str:
    suffix, plain = "x" * 13, name.replace("-", "").lower()
    made = re.sub(r"\$\{take\(plainName, (\d+)\)\}", lambda found: plain[: int(found[1])], template)
    made = made.replace("${name}", name).replace("${suffix}", suffix)
    assert "$" not in made
    return made


def test_the_bounds_of_the_name_are_those_that_are_tested() -> None:
    decorators = parse(INFRA / "main.bicep")["parameters"]["name"]["decorators"]
    bounds = {one["type"]: one["argument"] for one in decorators}
    assert (bounds["min_length"], bounds["max_length"]) == (2, 10)
