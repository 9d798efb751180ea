"""The queue message that asks for a pass or a task, as JSON text and back. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from sync.errors import CannotSync
from sync.ports import Job, Task

NAMES = tuple(field.name for field in fields(Job))
REQUIRED = ("organization", "user")
# A task may concern several people.
REQUIRED_OF_A_TASK = ("organization",)


def job_to_message(job: Job) -> str:
    """Attributes that say nothing are left out."""
    return json.dumps({name: value for name, value in asdict(job).items() if value != ""}, ensure_ascii=False)


def job_from_message(text: str) -> Job:
    """Passes over fields it does not know (a newer version wrote them); `CannotSync` for what is no job.

    Trying such a message again never helps: it belongs in the poison queue.
    """
    try:
        said = json.loads(text)
    except ValueError as error:
        raise _malformed("not JSON") from error
    if not isinstance(said, dict):
        raise _malformed("not an object")
    if "task" in said and said["task"] not in list(Task):
        raise _malformed("no task of this version")
    for name in REQUIRED_OF_A_TASK if "task" in said else REQUIRED:
        if not said.get(name):
            raise _malformed(f"no {name}")
    known = {name: said[name] for name in NAMES if name in said}
    for name, value in known.items():
        if not isinstance(value, str):
            raise _malformed(f"{name} is no text")
    return Job(**{"user": "", **known})


def _malformed(reason: str) -> CannotSync:
    return CannotSync("job-malformed", {"reason": reason})
