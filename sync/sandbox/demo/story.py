"""The demonstration from start to end; `main` is the command."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from sync.sandbox.demo import ics, summary
from sync.sandbox.demo.caldav import CaldavGroupware, company_list
from sync.sandbox.demo.company import PEOPLE, ROOMS, ZONE, microsoft365_users
from sync.sandbox.demo.edits import Editor, Trouble
from sync.sandbox.demo.equal import differences, groupware_shown, outlook_shown
from sync.sandbox.demo.outsides import Groupware, GroupwareSide, Json, Outlook, Refused
from sync.sandbox.demo.rounds import Round, RoundFailed, Rounds
from sync.sandbox.demo.screen import Screen
from sync.sandbox.demo.seeding import Planter
from sync.sandbox.demo.service import Service
from sync.sandbox.processes import ChildFailed, Children, stop_like_ctrl_c
from sync.sandbox.stack import CALDAV, CONNECTOR, CannotStart, Stack, choose_ports, find_node

CANNOT_START, NOT_EQUAL = 2, 1
TIMER_SECONDS, POLL_SECONDS = 3, 0.5
MOST_SHOWN = 3  # differences printed for each person and side


@dataclass(frozen=True, slots=True)
class Files:
    """Events of calendar files: a person's own, and those that the icalendar package ships."""

    shipped: ics.Found
    own: ics.Found | None


def main(argv: Sequence[str] | None = None) -> int:
    """0 when both sides are equal at the end, or after Ctrl-C; 1 when not; 2 when it could not start or go on."""
    options = build_parser().parse_args(argv)
    stop_like_ctrl_c()
    today = datetime.now(ZoneInfo(ZONE)).date()
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="groupware-outlook-") as folder:
        try:
            files = read_files(options.ics, today)
            ports, node = choose_ports(os.environ), find_node()
            with Children(Path(folder)) as children:
                stack = Stack(
                    children, ports, Path(folder), node, kind=options.groupware, people=company_list()
                )
                return Story(stack, files, today).tell(options.only_serve, stays=not options.once)
        except (CannotStart, ChildFailed, RoundFailed, Refused, ics.Unreadable) as error:
            print(f"demo: {error}", file=sys.stderr)
            return CANNOT_START
    print("終了しました / stopped")
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the tables")
    parser.add_argument("--only-serve", action="store_true", help="no edits and no tables: sync until Ctrl-C")
    parser.add_argument(
        "--groupware",
        choices=(CONNECTOR, CALDAV),
        default=CONNECTOR,
        help="caldav: Radicale is the groupware",
    )
    parser.add_argument("--ics", type=Path, metavar="FILE", help="a calendar file of your own")
    return parser


def read_files(own: Path | None, today: date) -> Files:
    return Files(ics.read_shipped(today), ics.read_own(own, today) if own else None)


class Story:
    def __init__(self, stack: Stack, files: Files, today: date) -> None:
        self._stack, self._files, self._today = stack, files, today
        self._screen = Screen()
        self._groupware = groupware_of(stack)
        self._outlook = Outlook(stack.microsoft365)
        self._service = Service(stack)
        self._rounds = Rounds(self._service, self._screen, stack.children.check)

    def tell(self, only_serve: bool, stays: bool) -> int:
        self.start_outside()
        self.plant()
        self.start_service()
        if only_serve:
            self.show_addresses()
            self.stay()
        done = [self.sync_automatically()]
        self.edit()
        done += [self.sync_edits(), self.sync_again()]
        parked = self.show_reasons(done)
        equal = self.compare(parked) and done[-1].total.total_writes == 0
        self.show_addresses()
        if stays:
            self.stay()
        self._screen.step("終了します", "stopping")
        return 0 if equal else NOT_EQUAL

    # -- the steps ------------------------------------------------------------------------------------------

    def start_outside(self) -> None:
        self._screen.step(
            "保存領域・Microsoft 365・グループウェアを起動",
            "starting Azurite, Microsoft 365 (simulated) and the groupware",
        )
        self._stack.start_outside(microsoft365_users())

    def plant(self) -> None:
        self._screen.step("見本の会社を登録", "entering the sample company on both sides")
        self._groupware.add_company()
        planter = Planter(self._groupware, self._outlook, self._today)
        if self._files.own is not None:
            planter.plant_own(self._files.own.events)
            self._screen.notes(
                about("ICS", self._files.own, f"{PEOPLE[0].name} の予定表へ / for {PEOPLE[0].name}")
            )
        planter.plant_company()
        planter.plant_files(self._files.shipped.events)
        self._screen.notes(about("icalendar", self._files.shipped, "全員に分配 / dealt out to everyone"))
        planted = planter.planted
        self._screen.note(
            f"{len(PEOPLE)} 人 people, {len(ROOMS)} 設備 rooms; 予定 events: "
            f"グループウェアのみ only in the groupware {planted.only_groupware}, "
            f"Outlook のみ only in Outlook {planted.only_outlook}, 両方に手入力 typed on both {planted.on_both}, "
            f"共有 shared {planted.shared}, ファイル from files {planted.from_files}, "
            f"対象外 not to sync {planted.left_alone}"
        )

    def start_service(self) -> None:
        self._screen.step(
            "サービスを起動し、全員を連携", "starting the service and linking everybody by its HTTP API"
        )
        self._stack.start_app(TIMER_SECONDS, POLL_SECONDS)
        self._service.connect(self._stack)
        self._service.save_settings()
        for person in PEOPLE:
            self._service.link(person)

    def sync_automatically(self) -> Round:
        self._screen.step(
            "最初の自動同期（タイマー→キュー→同期）", "the first automatic sync: timer, queue, pass"
        )
        done = self._rounds.first()
        self._show(done, "最初の同期 First sync")
        return done

    def edit(self) -> None:
        self._screen.step("両方で予定を変更", "people edit on both sides")
        self._screen.notes(Trouble(self._groupware, self._outlook, self._today).make_all())
        acts: Counter[str] = Counter()
        for person in PEOPLE:
            editor = Editor(self._groupware, self._outlook, person, self._today)
            editor.edit_all()
            acts.update(editor.done)
        self._screen.note(", ".join(f"{number} {name}" for name, number in acts.items()))

    def sync_edits(self) -> Round:
        self._screen.step("変更を同期", "syncing the edits")
        done = self._rounds.queued()
        self._show(done, "変更後の同期 Sync after the edits")
        return done

    def sync_again(self) -> Round:
        self._screen.step("もう一度同期（何も書き込まれないはず）", "once more: nothing may be written")
        done = self._rounds.queued()
        requests = done.total.requests
        self._screen.note(
            f"書き込み writes: {done.total.total_writes}; "
            f"要求 requests: Graph {requests['outlook']}, GW {requests['groupware']}"
        )
        return done

    def show_reasons(self, done: Sequence[Round]) -> dict[str, list[Json]]:
        parked = self._problems()
        self._screen.lines(["", *summary.reasons(done, parked)])
        self._screen.lines(
            [f"履歴に残した値 Values kept in the history after conflicts: {summary.kept(done)}", ""]
        )
        return parked

    def compare(self, parked: Mapping[str, Sequence[Json]]) -> bool:
        """Both sides as they are stored, person by person, apart from parked events."""
        self._screen.step("両方の予定表を比較", "comparing both calendars as each side stores them")
        equal, unequal = 0, 0
        for person in PEOPLE:
            ids = {problem[name] for problem in parked[person.user] for name in ("groupwareId", "outlookId")}
            here = groupware_shown(self._groupware.events(person.user), ids)
            there = outlook_shown(self._outlook.events(person.upn), ids)
            only_here, only_there = differences(here, there)
            equal += len(here) - len(only_here)
            unequal += len(only_here) + len(only_there)
            self._screen.notes(f"{person.name}: GW {shown}" for shown in only_here[:MOST_SHOWN])
            self._screen.notes(f"{person.name}: Outlook {shown}" for shown in only_there[:MOST_SHOWN])
        self._screen.note(f"一致 equal: {equal}, 不一致 different: {unequal}")
        return unequal == 0

    def show_addresses(self) -> None:
        token, service = self._service.token(), self._stack.app
        self._screen.lines(
            [
                "",
                "開く Open:",
                f"  サービス service          {service}/api/health   {service}/api/openapi.json",
                f"  グループウェア groupware  {self._stack.groupware}/{self._more_of_groupware()}",
                f"  Microsoft 365 simulator   {self._stack.microsoft365}/_simulator/",
                f"  ログ logs                 {self._stack.folder}",
                "同期の記録を見る Look at one person's latest passes (token good for an hour):",
                f"  curl -s -H 'Authorization: Bearer {token}' {service}/api/users/{PEOPLE[0].user}/passes?limit=3",
                "",
            ]
        )

    def stay(self) -> NoReturn:
        """Until Ctrl-C, or until a process dies."""
        self._screen.step("Ctrl-C で終了します", "everything stays up; Ctrl-C stops it")
        while True:
            self._stack.children.check()
            time.sleep(1.0)

    # -- parts of steps -------------------------------------------------------------------------------------

    def _more_of_groupware(self) -> str:
        if self._stack.kind == CALDAV:
            login, password = self._stack.account
            return f"   CalDAV, login {login}, password {password}"
        return f"   {self._stack.groupware}/_groupware"

    def _problems(self) -> dict[str, list[Json]]:
        return {person.user: self._service.problems(person) for person in PEOPLE}

    def _show(self, done: Round, heading: str) -> None:
        self._screen.lines(
            ["", f"{heading} ({done.seconds:.1f} s)", *summary.round_table(done, self._problems()), ""]
        )


def groupware_of(stack: Stack) -> GroupwareSide:
    if stack.kind == CALDAV:
        return CaldavGroupware(stack.groupware, stack.account)
    return Groupware(stack.groupware)


def about(name: str, found: ics.Found, where: str) -> list[str]:
    """What was taken from calendar files and what was not, with the reasons."""
    lines = [
        f"{name}: {found.files} ファイル files, {len(found.events)} 件の予定 single events, {where}; "
        f"{found.moved} 件は日付を期間内へ移動 moved into the synced dates",
    ]
    if found.left_out:
        lines.append("取り込まなかったもの Left out:")
        lines += [f"  {reason}" for reason in ics.reasons(found)]
    return lines
