"""The kinds of things that are compared one by one: each function returns its findings."""

from __future__ import annotations

import grp
import pwd
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from .model import Finding, Thing, access, digest, moment, wanted_access


def files(thing: Thing) -> Iterator[Finding]:
    """Content by its hash, where one was recorded (never of a secret), and who may do what with it."""
    for name in thing["paths"]:
        path, recorded = Path(name), thing.get("sha256", {}).get(name)
        if not path.is_file():
            observed = "something that is no file" if path.exists() else "nothing"
            yield Finding("file", name, "the file as provisioned", observed, thing["fix"])
            continue
        if recorded and digest(path) != recorded:
            yield Finding("file", name, "the content as provisioned", f"changed {moment(path)}", thing["fix"])
        yield from _access(thing["access"], path)


def folders(thing: Thing) -> Iterator[Finding]:
    """Folders and who may do what with them."""
    for folder in thing["folders"]:
        path = Path(folder["path"])
        if path.is_dir():
            yield from _access(folder, path)
        else:
            observed = "something that is no folder" if path.exists() else "nothing"
            yield Finding("file", str(path), "a folder", observed, thing["fix"])


def _access(declared: dict[str, str], path: Path) -> Iterator[Finding]:
    wanted, found = wanted_access(declared), access(path)
    if wanted != found:
        owner, mode = wanted.split(" ")
        name = shlex.quote(str(path))
        yield Finding("mode", str(path), wanted, found, f"chown {owner} {name} && chmod {mode} {name}")


def link(thing: Thing) -> Iterator[Finding]:
    """A symbolic link and where it leads."""
    path, target = Path(thing["path"]), Path(thing["target"])
    if not path.is_symlink():
        observed = "no link" if path.exists() else "nothing"
        yield Finding("link", str(path), f"a link to {target}", observed, thing["fix"])
    elif path.readlink() != target and path.resolve() != target.resolve():
        yield Finding("link", str(path), f"a link to {target}", f"a link to {path.readlink()}", thing["fix"])


def account(thing: Thing) -> Iterator[Finding]:
    """The user that runs the app: no shell, nobody else in its group."""
    name, group = thing["user"], thing["group"]
    expected = f"group {group}, shell {thing['shell']}, home {thing['home']}"
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        yield Finding("account", name, expected, "no such user", thing["fix"])
        return
    try:
        observed = f"group {grp.getgrgid(user.pw_gid).gr_name}, shell {user.pw_shell}, home {user.pw_dir}"
        members = grp.getgrnam(group).gr_mem
    except KeyError as error:
        yield Finding("account", name, expected, f"a group is missing: {error}", thing["fix"])
        return
    if observed != expected:
        yield Finding("account", name, expected, observed, thing["fix"])
    for member in members:
        fix = f"gpasswd --delete {shlex.quote(member)} {shlex.quote(group)}"
        yield Finding("account", group, "no members but the user of that name", f"{member} is one", fix)


def nothing_else(thing: Thing) -> Iterator[Finding]:
    """Of the files that match a pattern only the named ones may be there."""
    pattern = Path(thing["pattern"])
    for path in sorted(pattern.parent.glob(pattern.name)):
        if str(path) not in thing["but"] and path.name != "__pycache__":
            yield Finding("file", str(path), "nothing", f"added {moment(path)}", f"rm -r {shlex.quote(str(path))}")


KINDS: dict[str, Callable[[Thing], Iterator[Finding]]] = {
    "account": account,
    "files": files,
    "folders": folders,
    "link": link,
    "nothing_else": nothing_else,
}
