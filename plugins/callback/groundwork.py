# Copyright: the Groundwork authors
# MIT License (see LICENSE)
"""Ansible's output for people: a line a role, what changed, why it failed and what to do, then the link-check table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible import constants, context
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback.default import CallbackModule as Default

# On the controller Ansible itself looks for module_utils in its own package only.
_HELPERS = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HELPERS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HELPERS)

from ansible.module_utils.run_output import failure, link_table, reasons  # noqa: E402 (found by the lines above)
from ansible.module_utils.run_output.screen import Screen, terminal_width  # noqa: E402
from ansible.module_utils.run_output.sections import Rescues, Section, outer_roles, play_name  # noqa: E402
from ansible.module_utils.run_output.text import cut  # noqa: E402

DOCUMENTATION = """
    name: groundwork
    type: stdout
    short_description: A line a role, and the link-check table
    description:
        - Prints one line for each role with its time, and the names of the tasks that changed something.
        - A failure says which task, why, and what to do.
        - A task result that holds C(link_check) is printed as a table at the end.
        - With C(-v) this is Ansible's usual output, followed by the same table.
    extends_documentation_fragment:
      - default_callback
      - result_format_callback
    requirements:
      - set as stdout in configuration
"""

PROGRESS_WIDEST = 88
MOST_TABLES = 2  # of more machines only those that failed get a whole table


def _only_with_v(event: str) -> Callable[..., None]:
    """A handler of an event for which the short output has no words."""

    def handle(self: CallbackModule, *arguments: Any) -> None:
        if not self._quiet:
            getattr(super(CallbackModule, self), event)(*arguments)

    return handle


class CallbackModule(Default):  # type: ignore[misc]  # Ansible has no types
    """Without -v our own short output; with it Ansible's, by calling the parent class."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "groundwork"

    def __init__(self) -> None:
        super().__init__()
        self._screen = Screen(self._display, sys.stdout)
        self._counts: dict[str, str] = {}
        self._blank = ""
        self._several_plays = False
        self._section: Section | None = None
        self._section_key = ""
        self._task_name = ""
        self._hosts: list[str] = []
        self._rescues = Rescues()
        self._reports: list[dict[str, Any]] = []
        self._awaited: dict[str, list[str]] = {}

    @property
    def _quiet(self) -> bool:
        return int(self._display.verbosity) < 1

    # -- parts of the run

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if not self._quiet:
            super().v2_playbook_on_start(playbook)
            return
        plays = playbook.get_plays()
        self._several_plays = len(plays) > 1
        roles = [role for play in plays for role in play.get_roles() if not role.get_parents()]
        size = len(str(len(roles)))
        self._blank = " " * (2 * size + 4) if roles else ""
        self._counts = {role._uuid: f"[{at:>{size + 1}}/{len(roles)}]" for at, role in enumerate(roles, 1)}
        if context.CLIARGS["check"]:
            self._screen.say("Check mode: nothing is changed.", "dim")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if not self._quiet:
            super().v2_playbook_on_play_start(play)
            return
        self._close()
        self._play, self._hosts = play, []
        if self._several_plays and play_name(play):
            self._screen.say(f"\n{play_name(play)}", "strong")

    def _task_start(self, task: Any, prefix: str | None = None) -> None:
        if not self._quiet:
            super()._task_start(task, prefix)
            return
        self._task_name = task.name or task.action
        self._rescues.cover(task)
        roles = list(outer_roles(task))
        role = roles[-1] if roles else None
        if role is not None:
            key, name, count = role._uuid, role.get_name(), self._counts.get(role._uuid, self._blank)
        else:
            name = "facts" if task.action in constants._ACTION_FACT_GATHERING else play_name(self._play) or "tasks"
            key, count = f"{self._play._uuid} {name}", self._blank
        if prefix == "RUNNING HANDLER" and key != self._section_key:
            key, name, count = f"{self._play._uuid} handlers", "handlers", self._blank
        if key != self._section_key or self._section is None:
            self._close()
            self._section, self._section_key = Section(name, count), key
        self._screen.pend(self._section.running(self._task_name, self._columns))

    def _close(self) -> None:
        """Prints the line of the part that ended, unless a failure has printed it and nothing came after."""
        section, self._section = self._section, None
        self._section_key = ""
        self._screen.pend("")
        if section is not None and section.printed != section.amount:
            self._print(section)

    def _print(self, section: Section) -> None:
        checking = bool(context.CLIARGS["check"])
        self._screen.lines(section.lines(self._columns, self._hosts, checking, self._screen.paint))
        section.printed = section.amount

    @property
    def _columns(self) -> int:
        return int(min(terminal_width(), PROGRESS_WIDEST))

    def _now(self) -> Section:
        if self._section is None:
            self._section = Section("tasks")
        return self._section

    # -- results

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        if host.name not in self._hosts:
            self._hosts.append(host.name)
        if not self._quiet:
            super().v2_runner_on_start(host, task)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._keep_report(result)
        if not self._quiet:
            super().v2_runner_on_ok(result)
            return
        self._warn(result)
        if isinstance(result.task, TaskInclude):
            return
        section = self._now()
        section.looked += 1
        if result.result.get("changed"):
            section.change(self._name(result), result.host.get_name())
        if not result.result.get("results"):
            self._tell_debug(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        if not self._quiet:
            super().v2_runner_item_on_ok(result)
            return
        self._warn(result)
        self._tell_debug(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        what = reasons.awaited(result.result, result.task.when)
        if what and (context.CLIARGS["check"] or result.task.check_mode):
            label = self._label(result)
            waiting = self._awaited.setdefault(what, [])
            if label not in waiting:
                waiting.append(label)
        if not self._quiet:
            super().v2_runner_on_skipped(result)
            return
        self._warn(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._keep_report(result)
        if not self._quiet:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._warn(result)
        reason = reasons.explain(result.result)
        if ignore_errors or self._rescues.cover(result.task):
            how = "ignored" if ignore_errors else "failed, being rescued"
            on = f" on {result.host.get_name()}" if len(self._hosts) > 1 else ""
            self._now().note("changed", f"{how}{on}: {self._name(result)}: {cut(reason.why[0], 200)}")
            return
        self._tell_failure(result, "FAILED", reason)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if not self._quiet:
            super().v2_runner_on_unreachable(result)
            return
        self._warn(result)
        reason = reasons.explain(result.result)
        host = result.host.get_name()
        if result.task.ignore_unreachable:
            self._now().note("changed", f"ignored: {host} cannot be reached: {cut(reason.why[0], 200)}")
            return
        reason.fix = reason.fix or [f"ansible {host} -m ping -vvv"]
        self._tell_failure(result, "UNREACHABLE", reason)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        if not self._quiet:
            super().v2_runner_item_on_failed(result)
            return
        self._warn(result)  # what failed is told once, by the result of the whole loop

    def v2_runner_retry(self, result: Any) -> None:
        if not self._quiet:
            super().v2_runner_retry(result)
            return
        left = result.result["retries"] - result.result["attempts"]
        self._screen.pend(self._now().running(f"{self._name(result)} (waiting, {left} tries left)", self._columns))

    def v2_on_file_diff(self, result: Any) -> None:
        with self._screen.aside():
            super().v2_on_file_diff(result)

    v2_runner_item_on_skipped = _only_with_v("v2_runner_item_on_skipped")
    v2_playbook_on_include = _only_with_v("v2_playbook_on_include")
    v2_runner_on_async_poll = _only_with_v("v2_runner_on_async_poll")
    v2_runner_on_async_ok = _only_with_v("v2_runner_on_async_ok")
    v2_runner_on_async_failed = _only_with_v("v2_runner_on_async_failed")
    v2_playbook_on_no_hosts_remaining = _only_with_v("v2_playbook_on_no_hosts_remaining")

    def _print_task_banner(self, task: Any) -> None:
        """What the parent class prints above a diff."""
        if not self._quiet:
            super()._print_task_banner(task)
            return
        self._screen.say(f"\n{self._blank}   {task.name or task.action}", "changed")
        self._last_task_banner = task._uuid

    # -- words

    def _name(self, result: Any) -> str:
        return str(result.task_fields.get("name") or result.task.action)

    def _label(self, result: Any) -> str:
        roles = list(outer_roles(result.task))
        return f"{roles[-1].get_name()} › {self._name(result)}" if roles else self._name(result)

    def _warn(self, result: Any) -> None:
        if result.result.get("warnings") or result.result.get("deprecations"):
            with self._screen.aside():
                self._handle_warnings(result.result)

    def _tell_debug(self, result: Any) -> None:
        """A debug task is there to be read. A value without `msg` is shown by -v."""
        message = result.result.get("msg")
        if result.task.action not in constants._ACTION_DEBUG or result.result.get("censored") or message is None:
            return
        for line in message if isinstance(message, list) else str(message).splitlines():
            self._now().note("", str(line))

    def _tell_failure(self, result: Any, word: str, reason: Any) -> None:
        section = self._now()
        section.failed = True
        if not section.printed:
            self._print(section)
        if "link_check" in result.result and not reason.fix:
            reason.fix = ["each failed row of the table below names its cause and its fix"]
        log = constants.DEFAULT_LOG_PATH
        more = str(log) if log else "run it again with -v, or -vvv for every detail"
        path = str(result.task.get_path() or "")
        told = failure.Failure(word, self._label(result), self.host_label(result), reason, path, more)
        lines = failure.render(told, terminal_width(), self._screen.paint)
        self._screen.lines(lines, stderr=bool(self.get_option("display_failed_stderr")))

    # -- the end

    def _keep_report(self, result: Any) -> None:
        report = result.result.get("link_check")
        if not isinstance(report, dict) or not isinstance(report.get("rows"), list):
            return
        # What is proved through an instance's own socket is worth a table only when it fails: the public one follows.
        if not (report["ok"] and str(report["url"]).startswith("unix:")):
            self._reports.append(report)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        with self._screen.aside():
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._close()
        self._screen.lines(reasons.waiting(self._awaited, self._screen.paint))
        for report in sorted(self._reports, key=lambda one: str(one["host"])):
            if report["ok"] and len(self._reports) > MOST_TABLES:
                self._screen.lines([link_table.one_line(report, self._screen.paint)])
            else:
                self._screen.lines(["", *link_table.render(report, terminal_width(), self._screen.paint)])
        # The recap keeps Ansible's own words: people know them, and molecule's idempotence check reads them.
        super().v2_playbook_on_stats(stats)
        self._screen.flush()
