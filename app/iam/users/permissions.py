"""Permission labels of accounts."""

from app.core.crud import declare_labels
from app.core.permissions import declare

LABELS = declare_labels("user", "users")
RESET_PASSWORD = declare("perm:user:reset_password", "Give users a new password")
UNLOCK = declare("perm:user:unlock", "Let in users who were locked out after failed log-ins")
