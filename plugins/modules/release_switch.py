"""Ansible module: make one colour and its release the live ones, by rename."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import COLOURS, Layout, link_name

DOCUMENTATION = r"""
module: release_switch
short_description: Make one colour and its release the live ones, by rename
description:
  - Moves C(current.sock) and C(current) with C(rename()), one right after the other.
  - No request meets a missing link.
  - Writes the tmpfiles.d entry first, so that a reboot at any moment comes back with one of the two, whole.
options:
  root: {description: Folder of the product., type: path, required: true}
  run_dir: {description: Folder of its sockets., type: path, required: true}
  release: {description: Id of the release to make live., type: str, required: true}
  colour: {description: Colour whose instance runs it., type: str, required: true, choices: [blue, green]}
  tmpfiles: {description: tmpfiles.d file that makes the socket link at boot., type: path, required: true}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_switch:
    root: /srv/shop
    run_dir: /run/shop
    release: 20261121T230000Z-0123abc
    colour: green
    tmpfiles: /etc/tmpfiles.d/shop-live.conf
"""

RETURN = r"""
was: {description: Release that was live before., type: str}
"""


def point(link: Path, target: str) -> None:
    """Make `link` point at `target` in one step that no reader can see half-done."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def write_whole(file: Path, text: str) -> None:
    """Replace a file by rename."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(file)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run_dir": {"type": "path", "required": True},
            "release": {"type": "str", "required": True},
            "colour": {"type": "str", "required": True, "choices": list(COLOURS)},
            "tmpfiles": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    layout = Layout(Path(module.params["root"]), Path(module.params["run_dir"]))
    release, colour, tmpfiles = module.params["release"], module.params["colour"], Path(module.params["tmpfiles"])
    if not layout.release(release).is_dir():
        module.fail_json(msg=f"{layout.release(release)} does not exist; nothing was switched.")
    was = link_name(layout.current)
    boot = (
        "# Which colour is live, also after a reboot. Written at each switch.\n"
        f"L+ {layout.current_socket} - - - - {colour}.sock\n"
    )
    done = was == release and link_name(layout.current_socket) == f"{colour}.sock"
    if done and tmpfiles.is_file() and tmpfiles.read_text(encoding="utf-8") == boot:
        module.exit_json(changed=False, was=was)
    if not module.check_mode:
        try:
            write_whole(tmpfiles, boot)
            point(layout.current_socket, f"{colour}.sock")
            point(layout.current, str(layout.release(release)))
        except OSError as error:
            module.fail_json(msg=f"Switching to {release} on {colour} failed: {error}", was=was)
    module.exit_json(changed=True, was=was)


if __name__ == "__main__":
    main()
