"""The package that is published: nothing in it that only development needs, and it runs on its own."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import zipfile
from pathlib import Path

import pytest

from sync.config import SETTINGS
from tests.infra.bicep import ROOT
from tests.infra.deployed import HOME, Deployed, build, deploy

needs_worker = pytest.mark.skipif(
    importlib.util.find_spec("azure_functions_runtime") is None or sys.version_info < (3, 13),
    reason="the worker library of the platform needs Python 3.13",
)
ENVIRONMENT = {
    **{one.name: one.example for one in SETTINGS},
    # Addresses that nobody listens on: indexing and refusing a caller need no service.
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "ACCESS_JWKS_URL": "https://groupware.example.co.jp/keys",
}


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    return deploy()


def names() -> list[str]:
    with zipfile.ZipFile(HOME / "app.zip") as package:
        return package.namelist()


@needs_worker
def test_the_package_holds_the_app_and_nothing_of_development(deployed: Deployed) -> None:
    found = names()
    assert {"function_app.py", "host.json", "requirements.txt", "sync/app.py"} <= set(found)
    assert not [
        name
        for name in found
        if re.match(
            r"(tests|infra|build|\.)|sync/sandbox/|Makefile|README|pyproject|requirements.in|local\.settings",
            name,
        )
    ]
    assert len(found) == deployed.files
    in_tree = {str(path.relative_to(ROOT)) for path in (ROOT / "sync").rglob("*.py")}
    missing = {name for name in in_tree - set(found) if not name.startswith("sync/sandbox/")}
    assert not missing


@needs_worker
def test_the_same_sources_make_the_same_package(deployed: Deployed, tmp_path: Path) -> None:
    assert build(tmp_path / "again.zip") == deployed.files
    assert (tmp_path / "again.zip").read_bytes() == (HOME / "app.zip").read_bytes()


@needs_worker
def test_every_module_imports_with_requirements_txt_alone(deployed: Deployed) -> None:
    code = """
import importlib, json, pathlib
names = [".".join(p.with_suffix("").parts) for p in sorted(pathlib.Path("sync").rglob("*.py"))]
for name in names:
    importlib.import_module(name.removesuffix(".__init__"))
print(json.dumps(len(names)))
"""
    assert json.loads(deployed.run(code)) > 100


@needs_worker
def test_it_is_indexed_without_what_only_the_web_needs(deployed: Deployed) -> None:
    started, heavy = deployed.host(
        [("start", {}), ("loaded", {"names": ["fastapi", "msal", "sync.web.app", "requests"]})], ENVIRONMENT
    )
    assert started["ok"], started
    assert set(started["functions"]) == {"web", "schedule", "sync_person", "record_failure"}
    assert heavy == []


@needs_worker
def test_it_answers_http(deployed: Deployed) -> None:
    asked = {
        "name": "web",
        "method": "GET",
        "url": "https://app.test/api/openapi.json",
        "headers": {},
        "body": "",
    }
    started, answer = deployed.host([("start", {}), ("http", asked)], ENVIRONMENT)
    assert started["ok"]
    assert answer["status"] == 200, answer
    assert json.loads(answer["body"])["openapi"].startswith("3.")


def test_every_requirement_is_pinned_and_hashed() -> None:
    text = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==\S+", text, re.MULTILINE)
    assert len(pinned) > 20
    entries = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pinned)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text, "a lock file names no registry"


def test_what_is_asked_for_by_name_is_what_the_code_imports() -> None:
    asked = {
        line.strip().lower()
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    imported: set[str] = set()
    for path in [*(ROOT / "sync").rglob("*.py"), ROOT / "function_app.py"]:
        if "sandbox" in path.parts:
            continue
        imported |= set(re.findall(r"^\s*(?:from|import) ([A-Za-z_][\w.]*)", path.read_text(), re.MULTILINE))
    modules = {
        "azure-data-tables": "azure.data.tables",
        "azure-functions": "azure.functions",
        "azure-identity": "azure.identity",
        "azure-keyvault-secrets": "azure.keyvault.secrets",
        "azure-storage-queue": "azure.storage.queue",
        "pyjwt": "jwt",
        "tzdata": "",  # the zones themselves; nothing imports it
    }
    for name in asked:
        module = modules.get(name, name)
        assert any(found == module or found.startswith(module + ".") for found in imported) or not module, (
            name
        )
