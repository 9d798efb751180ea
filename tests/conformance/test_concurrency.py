"""Eight writers and a reader who only follows the feed: the reader ends up knowing everything."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.client import Client, FeedReader
from tests.conformance.samples import timed

WRITERS, WRITES = 8, 24


def work(api: Client, user: str, writer: int) -> dict[str, str | None]:
    """Creates, changes and deletes; the version of each event at the end, None for a deleted one."""
    ends: dict[str, str | None] = {}
    with api.again(api.token) as client:
        for number in range(WRITES // 3):
            event = client.create(timed(user, title=f"{writer}/{number}"))
            api.created.add(event["id"])
            changed = client.patch(event, {"title": f"{writer}/{number} changed"})
            ends[event["id"]] = changed["version"]
            if number % 2:
                client.delete(changed)
                ends[event["id"]] = None
            else:
                ends[event["id"]] = client.patch(changed, {"memo": "done"})["version"]
    return ends


@pytest.mark.parametrize("filtered", [False, True], ids=["whole feed", "one person"])
def test_nothing_is_lost_while_many_write(api: Client, user: str, filtered: bool) -> None:
    finished = threading.Event()
    feed = FeedReader(api, user if filtered else None, limit=20)

    def follow() -> None:
        with api.again(api.token) as client:
            feed.client = client
            while not finished.is_set():
                feed.read()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        following = pool.submit(follow)
        try:
            ends = [pool.submit(work, api, user, writer) for writer in range(WRITERS)]
            wanted = {id_: version for end in ends for id_, version in end.result().items()}
        finally:
            finished.set()
        following.result()
    feed.client = api
    newest = feed.newest()
    known = {id_: item["version"] if item["kind"] == "upsert" else None for id_, item in newest.items()}
    lost = {id_: version for id_, version in wanted.items() if known.get(id_, "never seen") != version}
    assert not lost, f"{len(lost)} of {len(wanted)} events are not known as they are"
