"""From what the engine holds to what callers see."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sync.core.link import Link, Problem
from sync.core.messages import Language
from sync.core.settings import (
    Connection,
    OrganizationSettings,
    PersonSettings,
    State,
    WindowSettings,
    effective,
)
from sync.ports import Kept, PassRecord
from sync.web.models import (
    EffectiveAnswer,
    Explained,
    KeptValue,
    MayOverride,
    ParkedEvent,
    PassAnswer,
    PersonAnswer,
    SettingsAnswer,
    UserAnswer,
    UserSummary,
    Warned,
    WindowAnswer,
)
from sync.web.problems import explain


def explained(code: str, detail: Mapping[str, str], language: Language) -> Explained | None:
    return Explained.model_validate(explain(code, detail, language)) if code else None


def pass_answer(record: PassRecord, language: Language) -> PassAnswer:
    return PassAnswer(
        id=record.id,
        user=record.user,
        state=record.state,
        trigger=record.trigger,
        started_at=record.started_at,
        finished_at=record.finished_at,
        problem=explained(record.error, record.error_detail, language),
        report=dict(record.report),
    )


def user_summary(connection: Connection, language: Language) -> UserSummary:
    is_troubled = connection.state is not State.ACTIVE
    return UserSummary(
        id=connection.user,
        name=connection.name,
        upn=connection.upn,
        email=connection.email,
        enabled=connection.enabled,
        state=connection.state,
        problem=explained(connection.error if is_troubled else "", connection.error_detail, language),
        last_pass=connection.last_pass or None,
        last_pass_at=connection.last_pass_at,
        last_success_at=connection.last_success_at,
    )


def person_answer(own: PersonSettings) -> PersonAnswer:
    return PersonAnswer(
        sync=own.sync,
        direction=own.direction,
        automatic=own.automatic,
        interval=own.interval,
        default_reminder=own.default_reminder,
    )


def user_answer(connection: Connection, common: OrganizationSettings, language: Language) -> UserAnswer:
    own, holds = connection.settings, effective(common, connection.settings)
    return UserAnswer(
        **dict(user_summary(connection, language)),
        settings=person_answer(own),
        effective=EffectiveAnswer(
            sync=connection.enabled and holds.sync,
            direction=holds.direction,
            automatic=holds.automatic,
            interval=holds.interval,
            default_reminder=holds.default_reminder,
            manual=common.manual,
        ),
        may_override=MayOverride(
            sync=common.may_override_sync,
            direction=common.may_override_direction,
            automatic=common.may_override_automatic,
            interval=common.may_override_automatic,
        ),
    )


def parked_event(link: Link, problem: Problem, language: Language, *, is_own: bool) -> ParkedEvent:
    """When somebody is busy is theirs to show (law 9): an administrator gets ids and reasons only."""
    return ParkedEvent(
        link=link.key,
        side=problem.side,
        groupware_id=link.groupware.id if link.groupware else None,
        outlook_id=link.outlook.id if link.outlook else None,
        starts=link.starts if is_own else None,
        ends=link.ends if is_own else None,
        problem=Explained.model_validate(explain(problem.code, problem.detail, language)),
        since=problem.since,
        attempts=problem.attempts,
        retry_at=problem.retry_at,
    )


def kept_value(kept: Kept) -> KeptValue:
    return KeptValue(
        at=kept.at,
        pass_id=kept.pass_id,
        side=kept.side,
        event_id=kept.event_id,
        link=kept.link,
        field=kept.field,
        value=_parsed(kept.value),
    )


def _parsed(text: str) -> object:
    """The value; what cannot be parsed is shown as it was stored, since it is all that is left of it."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def settings_answer(settings: OrganizationSettings, warnings: list[Warned]) -> SettingsAnswer:
    return SettingsAnswer(
        sync=settings.sync,
        may_override_sync=settings.may_override_sync,
        direction=settings.direction,
        may_override_direction=settings.may_override_direction,
        excluded_types=sorted(settings.excluded_types),
        past_events=settings.past_events,
        automatic=settings.automatic,
        interval=settings.interval,
        may_override_automatic=settings.may_override_automatic,
        automatic_window=_window_answer(settings.automatic_window),
        manual=settings.manual,
        manual_window=_window_answer(settings.manual_window),
        conflict=settings.conflict,
        max_deletes=settings.max_deletes,
        max_delete_percent=settings.max_delete_percent,
        min_deletes_for_percent=settings.min_deletes_for_percent,
        max_mails=settings.max_mails,
        participants=settings.participants,
        keep_passes_days=settings.keep_passes_days,
        keep_history_days=settings.keep_history_days,
        time_zone=settings.time_zone,
        categories=dict(settings.categories),
        warnings=warnings,
    )


def _window_answer(window: WindowSettings) -> WindowAnswer:
    return WindowAnswer(base=window.base, past_days=window.past_days, future_days=window.future_days)
