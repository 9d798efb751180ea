"""Everything at once on this machine: Azurite, the Microsoft 365 simulator, the groupware, and the app."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.adapters.secrets.file import FileSecrets
from sync.config import SETTINGS
from sync.sandbox.ports import HOST, PortTaken, free_ports, listen
from sync.sandbox.processes import Child, Children

ROOT = Path(__file__).parents[2]
AZURITE = Path("build/node/node_modules/azurite/dist/src/azurite.js")
OLDEST_NODE = 20
# The account every copy of the emulator has; Microsoft publishes name and key.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
ISSUER, AUDIENCE = "https://groupware.example.co.jp", "groupware-outlook-sync"
CONNECTOR, CALDAV = "connector", "caldav"
# Radicale's account that may use everybody's calendar.
ACCOUNT_OF_SERVICE = "sync-service"
RADICALE = """\
[server]
hosts = {host}:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {folder}/rights
[storage]
filesystem_folder = {folder}/collections
# Catches a connector that forgets If-Match.
strict_preconditions = True
[web]
type = none
[logging]
level = warning
"""
RIGHTS = f"[service]\nuser: {ACCOUNT_OF_SERVICE}\ncollection: .*\npermissions: RrWw\n"
PORT_VARIABLES = {"app": "PORT_APP", "groupware": "PORT_GROUPWARE", "microsoft365": "PORT_MICROSOFT365"}


CALDAV_SETTINGS = {"GROUPWARE_KIND": CALDAV, "GROUPWARE_SERVER": "radicale", "GROUPWARE_HOME": "{user}/"}


class CannotStart(Exception):
    """Raised before anything runs: a missing tool, a taken port. The text is the sentence that a person reads."""


@dataclass(frozen=True, slots=True)
class Ports:
    app: int
    groupware: int
    microsoft365: int
    queue: int
    table: int


def choose_ports(environment: Mapping[str, str]) -> Ports:
    """The ports that PORT_APP, PORT_GROUPWARE and PORT_MICROSOFT365 fix, free ones for the rest."""
    fixed = {name: fixed_port(environment, variable) for name, variable in PORT_VARIABLES.items()}
    chosen = [port for port in fixed.values() if port]
    if len(set(chosen)) < len(chosen):
        raise CannotStart(f"{', '.join(PORT_VARIABLES.values())} have to differ.")
    free = iter(free_ports(len(PORT_VARIABLES) + 2))
    return Ports(
        **{name: port or next(free) for name, port in fixed.items()}, queue=next(free), table=next(free)
    )


def fixed_port(environment: Mapping[str, str], variable: str) -> int:
    """0 if the variable is not set."""
    text = environment.get(variable, "").strip()
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise CannotStart(f"{variable} has to be a port number, not {text!r}.")
    try:
        listen(int(text)).close()
    except PortTaken as error:
        raise CannotStart(f"{variable}: {error}; choose another one.") from error
    return int(text)


def find_node() -> str:
    """The path of a Node that Azurite runs on."""
    node = shutil.which("node")
    if node is None:
        raise CannotStart(f"Node.js {OLDEST_NODE} or later is needed for Azurite, and `node` was not found.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", said)
    if found is None or int(found[1]) < OLDEST_NODE:
        raise CannotStart(
            f"Node.js {OLDEST_NODE} or later is needed for Azurite; this one is {said.strip() or '?'}."
        )
    if not (ROOT / AZURITE).exists():
        raise CannotStart("Azurite is not installed; `make setup` installs it.")
    return node


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs where, and the keys to it. All secrets are made for this run."""

    children: Children
    ports: Ports
    folder: Path
    node: str
    tenant: str = field(default_factory=lambda: str(uuid.uuid4()))
    client: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    groupware_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    access_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    kind: str = CONNECTOR
    # Of CalDAV: who is who (README, CalDAV).
    people: str = ""

    @property
    def app(self) -> str:
        return f"http://{HOST}:{self.ports.app}"

    @property
    def groupware(self) -> str:
        return f"http://{HOST}:{self.ports.groupware}"

    @property
    def account(self) -> tuple[str, str]:
        """Login and password of the CalDAV server's account."""
        return ACCOUNT_OF_SERVICE, self.groupware_key

    @property
    def microsoft365(self) -> str:
        return f"http://{HOST}:{self.ports.microsoft365}"

    def start_outside(self, users: Sequence[Mapping[str, Any]], mood: Sequence[str] = ()) -> None:
        """Azurite, Microsoft 365 with these users, and an empty groupware. Returns when all three answer."""
        azurite = self.children.start("azurite", self._azurite(), os.environ, self.folder)
        people = self.folder / "microsoft365.json"
        registration = {
            "clientId": self.client,
            "name": "groupware-outlook-sync",
            "secret": self.client_secret,
            "redirectUris": [f"{self.app}/api/oauth/callback"],
        }
        people.write_text(
            json.dumps({"tenantId": self.tenant, "users": list(users), "applications": [registration]}),
            "utf-8",
        )
        port = str(self.ports.microsoft365)
        microsoft365 = self._part("microsoft365", "--port", port, "--users", str(people), "--quiet", *mood)
        groupware = self._radicale() if self.kind == CALDAV else self._groupware()
        self.children.await_answer(azurite, f"http://{HOST}:{self.ports.table}/{ACCOUNT}")
        self.children.await_answer(azurite, f"http://{HOST}:{self.ports.queue}/{ACCOUNT}")
        self.children.await_answer(microsoft365, f"{self.microsoft365}/_simulator/")
        self.children.await_answer(
            groupware, f"{self.groupware}/{'' if self.kind == CALDAV else '_groupware'}"
        )

    def start_app(self, timer_seconds: int, poll_seconds: float) -> None:
        """Returns when it answers. The timer's rhythm is short: nobody wants to wait for minutes."""
        vault = FileSecrets(self.folder / "secrets.json")
        is_caldav = self.kind == CALDAV
        vault.set("groupware-key", ":".join(self.account) if is_caldav else self.groupware_key)
        if is_caldav:
            vault.set("groupware-list", self.people)
        vault.set("access-secret", self.access_secret)
        app = self._part(
            "app",
            *("--port", str(self.ports.app)),
            *("--timer-seconds", str(timer_seconds), "--poll-seconds", str(poll_seconds)),
            environment=self.app_environment(),
        )
        self.children.await_answer(app, f"{self.app}/api/health")

    def app_environment(self) -> dict[str, str]:
        """This machine's environment with the settings of the app, and no others of its settings."""
        known = {setting.name for setting in SETTINGS}
        rest = {name: text for name, text in own_environment().items() if name.split("__")[0] not in known}
        return rest | {
            "AzureWebJobsStorage": self.storage(),
            "KEY_VAULT_URL": (self.folder / "secrets.json").as_uri(),
            "PUBLIC_URL": self.app,
            "GRAPH_URL": self.microsoft365,
            "ENTRA_URL": self.microsoft365,
            "GROUPWARE_URL": self.groupware,
            "GROUPWARE_SIGN_IN_URL": f"{self.groupware}/sign-in",
            **(CALDAV_SETTINGS if self.kind == CALDAV else {}),
            "ACCESS_ISSUER": ISSUER,
            "ACCESS_AUDIENCE": AUDIENCE,
        }

    def storage(self) -> str:
        ends = "".join(
            f"{name}Endpoint=http://{HOST}:{port}/{ACCOUNT};"
            for name, port in (("Queue", self.ports.queue), ("Table", self.ports.table))
        )
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{ends}"

    def _groupware(self) -> Child:
        return self._part(
            "groupware",
            *("--port", str(self.ports.groupware)),
            *("--database", str(self.folder / "groupware.sqlite")),
            *("--sync-url", self.app, "--issuer", ISSUER, "--audience", AUDIENCE),
            # In one word each: a secret may begin with a hyphen.
            *(f"--token={self.groupware_key}", f"--access-secret={self.access_secret}"),
        )

    def _radicale(self) -> Child:
        folder = self.folder / "radicale"
        folder.mkdir()
        config = RADICALE.format(host=HOST, port=self.ports.groupware, folder=folder)
        for name, text in (("config", config), ("rights", RIGHTS), ("users", ":".join(self.account) + "\n")):
            (folder / name).write_text(text, "utf-8")
        command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
        return self.children.start("groupware", command, own_environment(), ROOT)

    def _part(self, part: str, *options: str, environment: Mapping[str, str] | None = None) -> Child:
        command = [sys.executable, "-m", "sync.sandbox", part, *options]
        return self.children.start(part, command, environment or own_environment(), ROOT)

    def _azurite(self) -> list[str]:
        # Blobs too: this one program serves all three, and only the two services' ports matter to us.
        hosts = [text for name in ("blob", "queue", "table") for text in (f"--{name}Host", HOST)]
        ports = [
            "--blobPort",
            "0",
            "--queuePort",
            str(self.ports.queue),
            "--tablePort",
            str(self.ports.table),
        ]
        options = ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]
        return [self.node, str(ROOT / AZURITE), *hosts, *ports, *options]


def own_environment() -> dict[str, str]:
    """Children speak to this machine only: no proxy, and UTF-8 whatever the terminal says."""
    return {
        **os.environ,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUTF8": "1",
    }
