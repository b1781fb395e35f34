"""Permission labels of the outbox."""

from app.core.permissions import declare

GET = declare("perm:outbox:get", "See what was sent to whom, and what could not be")
UPDATE = declare("perm:outbox:update", "Send again and call off messages of the outbox")
