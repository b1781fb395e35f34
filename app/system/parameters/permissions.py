"""Permission labels of parameters."""

from app.core.crud import declare_labels
from app.core.permissions import declare

LABELS = declare_labels("parameter", "parameters")
REFRESH = declare("perm:parameter:refresh", "Have every worker read the parameters anew")
