"""The reference groupware on a free loopback port, for runs without `--base-url`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from sync.sandbox.groupware import Groupware

TOKEN, READ_TOKEN = "conformance-all", "conformance-read"


class QuietHandler(WSGIRequestHandler):
    # Connections stay open, as with any real server.
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def build_groupware() -> Groupware:
    # Imported here: a vendor's run needs nothing of the sandbox.
    from sync.sandbox.groupware import Groupware
    from sync.sandbox.groupware.access import SCOPES

    groupware = Groupware(seed=1, tokens={TOKEN: SCOPES, READ_TOKEN: frozenset({"schedule.read"})})
    office = groupware.add_organization("営業部")
    for name, mail in (("佐藤 一郎", "sato"), ("鈴木 花子", "suzuki"), ("Alex Morgan", "alex")):
        groupware.add_user(name, email=f"{mail}@example.com", time_zone="Asia/Tokyo", organizations=[office])
    groupware.add_facility("第1会議室", email="room1@example.com")
    groupware.add_facility("プロジェクター", kind="equipment", needs_approval=True)
    groupware.add_event_type("会議", color="#3366cc")
    groupware.add_event_type("外出")
    return groupware


@contextmanager
def serving(groupware: Groupware) -> Iterator[str]:
    """The base URL while the block runs."""
    server = make_server("127.0.0.1", 0, groupware.app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
