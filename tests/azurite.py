"""Starts and stops Azurite, Microsoft's storage emulator, on free ports of the loopback address."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from sync.sandbox.ports import free_ports

PROGRAM = Path(__file__).parent.parent / "build/node/node_modules/azurite/dist/src/azurite.js"
# The account every copy of the emulator has; Microsoft publishes name and key.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SERVICES = ("blob", "queue", "table")
PATIENCE = 40.0  # seconds until it must answer


class AzuriteMissing(Exception):
    """Node or Azurite is not installed here."""


@contextmanager
def running_azurite(folder: Path) -> Iterator[str]:
    """Yields the connection string; the process is ended by its id, with whatever it stored in memory."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        raise AzuriteMissing(f"{'node' if node is None else PROGRAM.name} is not installed")
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    process = subprocess.Popen(
        [node, str(PROGRAM), "--inMemoryPersistence", *_options(ports)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(process, ports["table"])
        _wait(process, ports["queue"])
        yield connection_string(ports)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connection_string(ports: Mapping[str, int]) -> str:
    names = {"blob": "BlobEndpoint", "queue": "QueueEndpoint", "table": "TableEndpoint"}
    ends = ";".join(f"{names[name]}=http://127.0.0.1:{port}/{ACCOUNT}" for name, port in ports.items())
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{ends};"


def _options(ports: Mapping[str, int]) -> list[str]:
    hosts = [text for name in SERVICES for text in (f"--{name}Host", "127.0.0.1")]
    numbers = [text for name in SERVICES for text in (f"--{name}Port", str(ports[name]))]
    return [*hosts, *numbers, "--disableTelemetry", "--skipApiVersionCheck", "--silent"]


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Until the port speaks HTTP (an unsigned request is refused, which is an answer)."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Azurite ended with code {process.returncode}")
        try:
            requests.get(f"http://127.0.0.1:{port}/{ACCOUNT}", timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Azurite did not answer within {PATIENCE:.0f} seconds")
