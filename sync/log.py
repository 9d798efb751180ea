"""JSON lines with ids and counts. Never titles, bodies, addresses or tokens (law 9)."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime

_logger = logging.getLogger("sync")
# Azure's SDKs log every request at INFO (azure-hosting.md 6): a line for each table operation, and costs.
_TALKATIVE = ("azure",)


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """One line, as the message itself: the Functions host keeps nothing but message and level
    (azure-hosting.md 8)."""
    _logger.log(level, json.dumps({"event": event, **fields}, default=_plain, ensure_ascii=False))


def _plain(found: object) -> str:
    if isinstance(found, datetime | date):
        return found.isoformat()
    return str(found)


def quieten_sdks() -> None:
    """Once for each process that runs passes."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
