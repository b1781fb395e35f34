"""Sites of others in nginx that would answer in our place."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ETC = Path("/etc/nginx")
DEBIANS = "sites-available/default"


def is_debians_default(file: Path) -> bool:
    """Return whether this is the default site as Debian ships it, which nobody made and the role nginx switches off."""
    if file.resolve() != (ETC / DEBIANS).resolve():
        return False
    try:
        said = subprocess.run(["dpkg", "--verify", "nginx-common"], capture_output=True, text=True, check=False)  # noqa: S607
    except FileNotFoundError:
        return False
    return DEBIANS not in said.stdout


def others(own: Path) -> Iterator[Path]:
    """Yield the files that nginx reads as sites, without our own and Debian's."""
    for file in [*sorted(ETC.glob("sites-enabled/*")), *sorted(ETC.glob("conf.d/*.conf"))]:
        if file.is_file() and file.resolve() != own.resolve() and not is_debians_default(file):
            yield file


def listens(text: str) -> Iterator[tuple[int, bool]]:
    """Yield the port of each listen directive, and whether it is the default there."""
    for words in re.findall(r"\blisten\s+([^;]+);", text):
        address, *options = words.split()
        port = address.rpartition(":")[2] if ":" in address and not address.endswith("]") else address
        if not address.startswith("unix:"):
            yield int(port) if port.isdigit() else 80, "default_server" in options or "default" in options


def problems(own: Path, port: int, domain: str) -> list[str]:
    """Say which site of somebody else has our place: the default of the port, or our name."""
    found = []
    for file in others(own):
        text = re.sub(r"#.*", "", file.read_text(encoding="utf-8", errors="replace"))
        here = [is_default for number, is_default in listens(text) if number == port]
        names = {name for words in re.findall(r"\bserver_name\s+([^;]+);", text) for name in words.split()}
        if domain and here and domain in names:
            found.append(
                f"{file} serves {domain} on port {port} already, and nginx would ignore ours: "
                f"take the name out of it, or choose another with groundwork_domain."
            )
        elif not domain and any(here):
            found.append(
                f"{file} is the default site of port {port}, and without a name ours would have to be that too: "
                f"give ours a name with groundwork_domain, or another port with groundwork_http_port."
            )
    return found
