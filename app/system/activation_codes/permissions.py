"""Permission labels of activation codes."""

from app.core.crud import declare_labels
from app.core.permissions import declare

LABELS = declare_labels("activation_code", "activation_codes")
EXPORT = declare("perm:activation_code:export", "Export activation codes")
