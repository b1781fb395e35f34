"""Takes backups, tries each of them, and brings one back. Standard library only: the timer runs it without Ansible."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # never run: named for mitogen, which ships what it finds named, and follows no relative imports
    import ansible.module_utils.backup.command
    import ansible.module_utils.backup.databases
    import ansible.module_utils.backup.manifest
    import ansible.module_utils.backup.model
    import ansible.module_utils.backup.postgresql
    import ansible.module_utils.backup.postgresql_client
    import ansible.module_utils.backup.report
    import ansible.module_utils.backup.restic
    import ansible.module_utils.backup.restore
    import ansible.module_utils.backup.sqlite
    import ansible.module_utils.backup.take
