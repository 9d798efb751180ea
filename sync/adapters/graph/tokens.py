"""The application's access token for Microsoft Graph.

One object for each tenant and app registration, kept as long as the process. It has a source for each credential;
the present one is asked first, and the one that it replaced stands in until the new one works everywhere.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sync.adapters.graph.credentials import Source
from sync.errors import NeedsAdministrator, SyncError
from sync.ports import Clock

log = logging.getLogger("sync.graph")

# How long a refusal stands before Entra is asked again: with ten thousand people and a wrong secret, one question
# a minute is enough, and a repaired secret works within that minute.
REFUSAL_STANDS = timedelta(seconds=60)


class Tokens:
    """Thread-safe. `NeedsAdministrator` names what is wrong with the registration; `TryLater` when Entra is down.

    If every source refuses, the error is that of the first one. `refused` is called once for each refusal that an
    administrator has to repair, so that what is remembered elsewhere can be read anew.
    """

    def __init__(
        self, sources: Sequence[Source], clock: Clock, refused: Callable[[], None] = lambda: None
    ) -> None:
        self._sources = tuple(sources)
        self._clock = clock
        self._refused = refused
        self._lock = threading.Lock()
        self._last: tuple[Source, str] | None = None
        self._refusals: dict[Source, tuple[SyncError, datetime]] = {}

    def get(self) -> str:
        with self._lock:
            errors: list[SyncError] = []
            for source in self._sources:
                try:
                    self._repeat_refusal(source)
                    self._last = source, self._ask(source)
                except SyncError as error:
                    errors.append(error)
                else:
                    return self._last[1]
        if not errors:
            raise NeedsAdministrator("credential-missing")
        raise copy.copy(errors[0])  # each caller its own traceback

    def drop(self, token: str) -> None:
        """Graph refused `token`: the next `get` asks Entra. Dropping it twice drops it once."""
        with self._lock:
            if self._last is not None and self._last[1] == token:
                self._last[0].drop()
                self._last = None

    def forget(self) -> None:
        """Start anew at once, also after a refusal: an administrator has just repaired something."""
        with self._lock:
            for source in self._sources:
                source.drop()
            self._last = None
            self._refusals.clear()

    def _repeat_refusal(self, source: Source) -> None:
        error, until = self._refusals.get(source, (None, None))
        if error is not None and until is not None:
            if self._clock.now() < until:
                raise error
            del self._refusals[source]

    def _ask(self, source: Source) -> str:
        try:
            return source.ask()
        except SyncError as error:
            source.drop()
            self._refusals[source] = (error, self._clock.now() + REFUSAL_STANDS)
            log.warning("token refused: %s", error)
            if isinstance(error, NeedsAdministrator):
                self._refused()
            raise
