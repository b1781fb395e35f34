"""Compares a machine with what was provisioned on it. Standard library only: the timer runs it without Ansible."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # never run: named for mitogen, which ships what it finds named, and follows no relative imports
    import ansible.module_utils.drift.asked
    import ansible.module_utils.drift.check
    import ansible.module_utils.drift.model
    import ansible.module_utils.drift.releases
    import ansible.module_utils.drift.things
