"""The reference groupware: a server that keeps the connector contract (`contract.yaml`), for tests, the demo and
vendors to compare with. It knows nothing of the sync service."""

from sync.sandbox.groupware.acts import Groupware
from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.hand_over import SyncService
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.groupware.server import TOKEN, create_app
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.switches import Switches

__all__ = ["TOKEN", "Groupware", "Kind", "Problem", "Store", "Switches", "SyncService", "create_app"]
