"""The parameter files. Neither parser reads them: the few forms they use are read here, all others refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.config import SETTINGS
from tests.infra.bicep import INFRA, parse, resources, text_of

ENVIRONMENTS = sorted((INFRA / "environments").glob("*.bicepparam"))
LINE = re.compile(
    r"(?:using '(?P<using>[^']+)'|param (?P<name>\w+) = (?P<value>'[^']*'|\d+|true|false)|//.*|)"
)


def parameters(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text_of(path).splitlines():
        said = LINE.fullmatch(line.strip())
        assert said, f"{path.name}: {line}"
        if said["name"]:
            assert said["name"] not in found
            found[said["name"]] = said["value"].strip("'")
    return found


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_every_parameter_exists_and_none_is_missing(path: Path) -> None:
    declared = parse(INFRA / "main.bicep")["parameters"]
    given = parameters(path)
    assert given.keys() <= declared.keys()
    assert {name for name, one in declared.items() if one["default"] is None} <= given.keys()
    assert "using '../main.bicep'" in text_of(path)


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_allowed_values_are_kept(path: Path) -> None:
    declared = parse(INFRA / "main.bicep")["parameters"]
    for name, value in parameters(path).items():
        for decorator in declared[name]["decorators"]:
            if decorator["type"] == "allowed":
                assert value in [str(one) for one in decorator["argument"]]


def test_environments_do_not_share_a_name() -> None:
    names = [parameters(path)["name"] for path in ENVIRONMENTS]
    assert len(set(names)) == len(ENVIRONMENTS) >= 2


def test_the_defaults_are_those_of_the_code() -> None:
    declared = parse(INFRA / "main.bicep")["parameters"]
    code = {one.name: one.default for one in SETTINGS}
    assert declared["timeZone"]["default"] == code["TIME_ZONE"]
    assert declared["syncSchedule"]["default"] == code["SYNC_SCHEDULE"]
    assert declared["syncQueue"]["default"] == code["SYNC_QUEUE"]
    assert declared["graphUrl"]["default"] == code["GRAPH_URL"]
    assert declared["accessAudience"]["default"] == code["ACCESS_AUDIENCE"]


def test_azd_is_given_every_parameter_without_a_default() -> None:
    declared = parse(INFRA / "main.bicep")["parameters"]
    text = text_of(INFRA / "main.bicepparam")
    given = dict(re.findall(r"^param (\w+) = readEnvironmentVariable\('(\w+)'", text, re.MULTILINE))
    assert text.count("\nparam ") == len(given)
    assert given.keys() <= declared.keys()
    assert {name for name, one in declared.items() if one["default"] is None} <= given.keys()
    ((_, _, site),) = resources("Microsoft.Web/sites")
    assert "'azd-service-name': 'app'" in text_of(INFRA / "modules" / "app.bicep"), (
        "the service of azure.yaml"
    )
    assert re.search(r"^services:\n  app:\n", (INFRA.parent / "azure.yaml").read_text(), re.MULTILINE)
    assert site["kind"] == "functionapp,linux"
