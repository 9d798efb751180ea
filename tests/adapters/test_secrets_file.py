"""The secrets file belongs to one owner, and is never half written."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.adapters.secrets import open_secrets
from sync.adapters.secrets.file import FileSecrets
from sync.adapters.secrets.keyvault import KeyVaultSecrets
from sync.errors import BadSetting, NeedsAdministrator
from tests.fakes import FakeClock

EXPIRY = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "secrets.json"


def test_a_secret_comes_back_after_a_restart(path: Path) -> None:
    secrets = FileSecrets(path)
    assert secrets.get("a") is None
    secrets.set("a", "値\n", EXPIRY)
    secrets.set("tokens/佐藤", "2")
    again = FileSecrets(path)
    assert (again.get("a"), again.get("tokens/佐藤"), again.get("b")) == ("値\n", "2", None)
    assert json.loads(path.read_text())["a"]["expires"] == EXPIRY.isoformat()


def test_a_deleted_secret_is_gone(path: Path) -> None:
    secrets = FileSecrets(path)
    secrets.delete("a")
    secrets.set("a", "1")
    secrets.delete("a")
    secrets.delete("a")
    assert secrets.get("a") is None


def test_only_the_owner_may_read_it_and_nothing_else_is_left(path: Path) -> None:
    FileSecrets(path).set("a", "1")
    FileSecrets(path).set("a", "2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_can_reach_is_refused(path: Path, mode: int) -> None:
    secrets = FileSecrets(path)
    secrets.set("a", "1")
    path.chmod(mode)
    acts: list[Callable[[], object]] = [
        lambda: secrets.get("a"),
        lambda: secrets.set("a", "2"),
        lambda: secrets.delete("a"),
    ]
    for act in acts:
        with pytest.raises(NeedsAdministrator) as refused:
            act()
        assert refused.value.code == "secrets-file-open"
        assert refused.value.detail == {"mode": f"{mode:04o}"}
    path.chmod(0o600)
    assert secrets.get("a") == "1"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": "1"}', '{"a": {"value": 1}}', "\ufeff\x00"])
def test_a_damaged_file_is_not_overwritten(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    secrets = FileSecrets(path)
    acts: list[Callable[[], object]] = [lambda: secrets.get("a"), lambda: secrets.set("a", "1")]
    for act in acts:
        with pytest.raises(NeedsAdministrator) as damaged:
            act()
        assert damaged.value.code == "secrets-file-damaged"
    assert path.read_text() == text


def test_a_path_that_cannot_be_used_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(NeedsAdministrator) as unreadable:
        FileSecrets(path).get("a")
    assert unreadable.value.code == "secrets-file-unreadable"
    path.rmdir()
    (path.parent / "plain").touch()
    with pytest.raises(NeedsAdministrator) as unwritable:
        FileSecrets(path.parent / "plain" / "secrets.json").get("a")
    assert unwritable.value.code == "secrets-file-unreadable"


def test_a_write_that_fails_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = FileSecrets(path)
    secrets.set("a", "1")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NeedsAdministrator) as failed:
        secrets.set("a", "2")
    assert failed.value.code == "secrets-file-unwritable"
    assert secrets.get("a") == "1"
    assert list(path.parent.iterdir()) == [path]


def test_the_address_says_where_secrets_are(tmp_path: Path) -> None:
    opened = open_secrets(f"file://{tmp_path}/with%20space.json", FakeClock())
    assert isinstance(opened, FileSecrets)
    opened.set("a", "1")
    assert (tmp_path / "with space.json").exists()
    assert isinstance(open_secrets("https://acme.vault.azure.net", FakeClock()), KeyVaultSecrets)


@pytest.mark.parametrize(
    "url",
    ["", "vault", "http://acme.vault.azure.net", "https://", "file://", "file:///", "file://host/x", "/x"],
)
def test_any_other_address_is_a_bad_setting(url: str) -> None:
    with pytest.raises(BadSetting) as bad:
        open_secrets(url, FakeClock())
    assert bad.value.detail["setting"] == "KEY_VAULT_URL"


def test_the_end_of_a_secret_is_kept_with_it(path: Path) -> None:
    secrets = FileSecrets(path)
    secrets.set("a", "1", EXPIRY)
    secrets.set("b", "2")
    assert [secrets.expires(name) for name in ("a", "b", "c")] == [EXPIRY, None, None]
    secrets.set("a", "3")
    assert secrets.expires("a") is None
    secrets.forget("a")
    assert secrets.get("a") == "3"


@pytest.mark.parametrize(("said", "is_fine"), [("2027-01-01", True), ("soon", False)])
def test_an_end_that_was_entered_by_hand(path: Path, said: str, is_fine: bool) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"a": {"value": "1", "expires": said}}), encoding="utf-8")
    path.chmod(0o600)
    if is_fine:
        assert FileSecrets(path).expires("a") == EXPIRY
        return
    with pytest.raises(NeedsAdministrator, match="secrets-file-damaged"):
        FileSecrets(path).get("a")
