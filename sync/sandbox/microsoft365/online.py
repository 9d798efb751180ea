"""Teams meetings: the join block in the body, and when it and the meeting go away (sections 1.3 and 6.5)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from sync.sandbox.microsoft365.bodies import append_block
from sync.sandbox.microsoft365.event import Content

Json = dict[str, Any]
TEAMS = "teamsForBusiness"


def settle(changed: Content, before: Content, body: Json) -> Content:
    """Bring meeting and body together after a write.

    Once online, isOnlineMeeting and the provider cannot be written away (section 1.1); a body without the join
    block disables the meeting (section 1.3).
    """
    if before.is_online_meeting and before.online_meeting is not None:
        if "body" in body and before.online_meeting["joinUrl"] not in changed.body:
            return replace(
                changed, is_online_meeting=False, online_meeting=None, online_meeting_provider="unknown"
            )
        return replace(
            changed,
            is_online_meeting=True,
            online_meeting=before.online_meeting,
            online_meeting_provider=before.online_meeting_provider,
        )
    if not changed.is_online_meeting:
        return changed
    url = join_url(changed)
    return replace(
        changed,
        online_meeting={"joinUrl": url},
        online_meeting_provider=TEAMS,
        body=append_block(changed.body, join_block(url)),
    )


def join_url(content: Content) -> str:
    key = hashlib.blake2b(
        repr((content.subject, content.start, content.end)).encode(), digest_size=12
    ).hexdigest()
    return f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{key}%40thread.v2/0"


def join_block(url: str) -> str:
    rule = "_" * 80
    return (
        f'<div class="me-email-text" lang="en-US"><div>{rule}</div>\r\n<div>Microsoft Teams meeting</div>\r\n'
        f'<div><a href="{url}">Join the meeting now</a></div>\r\n<div>{rule}</div></div>'
    )
