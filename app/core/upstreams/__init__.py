"""Services elsewhere that administrators enter (model servers): the rules of their address and their key, once for all.

A domain has a table of `Upstream` rows and a `UpstreamService` over it; what it asks of them goes through
app/core/outgoing.py.
"""

from app.core.upstreams.failures import FailureCode, failure_code, seconds_to_wait
from app.core.upstreams.models import BUILTIN, Upstream
from app.core.upstreams.repository import UpstreamRepository
from app.core.upstreams.service import UpstreamService, check_reach

__all__ = [
    "BUILTIN",
    "FailureCode",
    "Upstream",
    "UpstreamRepository",
    "UpstreamService",
    "check_reach",
    "failure_code",
    "seconds_to_wait",
]
