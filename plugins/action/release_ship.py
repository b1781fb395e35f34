"""Copies the artifact from the controller to the host, where the module of the same name unpacks it."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

DOCUMENTATION = r"""
module: release_ship
short_description: Unpack an artifact into its release folder, whole or not at all
description:
  - One transfer and one module call.
options: {}
"""


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible ships no types
    """Transfers, then runs the module."""

    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if self._play_context.check_mode:
            result.update(self._execute_module("release_ship", module_args=arguments, task_vars=task_vars))
            return result
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        try:
            remote = self._connection._shell.join_path(folder, "artifact.tar.gz")
            self._transfer_file(arguments["artifact"], remote)
            self._fixup_perms2((folder, remote))
            arguments["artifact"] = remote
            result.update(self._execute_module("release_ship", module_args=arguments, task_vars=task_vars))
        except AnsibleError as error:
            result.update(
                failed=True,
                msg=f"The artifact could not be copied to {folder} of the machine, and nothing was changed: {error}\n"
                "Fix: look whether that disk is full (df), and try again",
            )
        finally:
            self._remove_tmp_path(folder)
        return result
