"""Ansible module: name what on the machine no longer equals what was provisioned."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.drift.check import compare, findings, load, summary, write
from ansible.module_utils.drift.model import BadBaselineError

DOCUMENTATION = r"""
module: drift_check
short_description: Name what on the machine no longer equals what was provisioned
description:
  - Compares the machine with the baseline that M(drift_baseline) recorded. It only looks, and writes its own report.
  - Fails when anything differs, with one line each - expected, found, and the command that mends it.
options:
  baseline: {description: The baseline., type: path, required: true}
  report: {description: Where to write the report., type: path, required: true}
  group: {description: Group that may read the report., type: str, default: ''}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- drift_check:
    baseline: /srv/shop/shared/private/drift-baseline.json
    report: /srv/shop/shared/drift/latest.json
    group: shop
"""

RETURN = r"""
drift: {description: The report., type: dict}
msg: {description: One line a finding., type: str}
fix: {description: The commands that mend them., type: str}
"""


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "baseline": {"type": "path", "required": True},
            "report": {"type": "path", "required": True},
            "group": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        report = compare(load(Path(module.params["baseline"])))
        if not module.check_mode:
            write(report, Path(module.params["report"]), module.params["group"])
    except (BadBaselineError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error))
    if not report["ok"]:
        found = findings(report)
        fixes = dict.fromkeys(finding.fix for finding in found)  # many things may share one command
        message = "\n".join([*(finding.line() for finding in found), summary(report)])
        module.fail_json(msg=message, fix="\n".join(fixes), drift=report)
    module.exit_json(changed=False, msg=summary(report), drift=report)


if __name__ == "__main__":
    main()
