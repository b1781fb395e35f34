"""What the link_check module looks at, one file a subject. Standard library only: it runs on the target host."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # never run: named for mitogen, which ships what it finds named, and follows no relative imports
    import ansible.module_utils.link_check.app
    import ansible.module_utils.link_check.backups
    import ansible.module_utils.link_check.files
    import ansible.module_utils.link_check.http
    import ansible.module_utils.link_check.jobs
    import ansible.module_utils.link_check.model
    import ansible.module_utils.link_check.models
    import ansible.module_utils.link_check.pages
    import ansible.module_utils.link_check.processes
    import ansible.module_utils.link_check.report
    import ansible.module_utils.link_check.sockets
    import ansible.module_utils.link_check.supervisor
    import ansible.module_utils.link_check.systemd
    import ansible.module_utils.link_check.table
