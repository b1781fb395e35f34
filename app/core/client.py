"""Where a request comes from, in the form that limits and logs count by."""

import ipaddress

from fastapi import Request

# One household or server gets a whole /64; counting single IPv6 addresses would limit nobody.
IPV6_PREFIX = 64
LONGEST_USER_AGENT = 256


def client_network(request: Request) -> str:
    """The address the proxy vouches for; an IPv6 one as its /64; `local` for a caller on this machine without one."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return "local"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


def user_agent(request: Request) -> str:
    return request.headers.get("user-agent", "")[:LONGEST_USER_AGENT]
