"""Permission labels of this domain."""

from app.core.permissions import declare

LINK_CHECK_GET = declare("perm:link_check:get", "See the last link-check report")
