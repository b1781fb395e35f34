"""Where a name leads."""

from __future__ import annotations

import socket
from collections.abc import Sequence


def warning(domain: str, addresses: Sequence[str]) -> str:
    """Return what a person should know about a site's name; '' when it leads to this host.

    It is no refusal: a host behind a router or a load balancer does not have the address that its name leads to.
    """
    try:
        found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(domain, None, proto=socket.IPPROTO_TCP)})
    except OSError as error:
        return (
            f"{domain} (groundwork_domain) cannot be looked up from here ({error.strerror or error}): nobody reaches "
            f"the site under this name until its DNS record leads to one of {', '.join(addresses)}."
        )
    if set(found) & set(addresses):
        return ""
    return (
        f"{domain} (groundwork_domain) leads to {', '.join(found)}, which is none of this host's addresses "
        f"({', '.join(addresses)}): unless that is a router or load balancer in front of it, change its DNS record."
    )
