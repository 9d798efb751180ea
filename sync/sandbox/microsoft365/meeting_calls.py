"""The actions on meetings: accept, tentativelyAccept, decline, cancel (section 6.1)."""

from __future__ import annotations

from sync.sandbox.microsoft365 import errors, meetings
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.responses import Reply, respond
from sync.sandbox.microsoft365.wire import Answer


def accept(context: Context) -> Answer:
    return answer(context, "accept")


def tentatively_accept(context: Context) -> Answer:
    return answer(context, "tentativelyAccept")


def decline(context: Context) -> Answer:
    return answer(context, "decline")


def answer(context: Context, action: str) -> Answer:
    mailbox = context.mailbox()
    reply = Reply.parse(context.request.body(), action)
    with mailbox.lock:
        event, day = mailbox.find(context.parameters["event"])
        respond(mailbox, event, day, action, reply)
    return Answer(202)


def cancel(context: Context) -> Answer:
    """`{"comment": "…"}`; the comment stands in the mail only."""
    mailbox = context.mailbox()
    for name, value in context.request.body().items():
        if name.lower() != "comment" or not isinstance(value, str | None):
            raise errors.body_read("The only parameter of cancel is comment, a string.")
    with mailbox.lock:
        event, day = mailbox.find(context.parameters["event"])
        meetings.cancel(mailbox, event, day)
    return Answer(202)
