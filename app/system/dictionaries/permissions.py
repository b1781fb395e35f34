"""Permission labels of dictionaries; their items have no others."""

from app.core.crud import declare_labels
from app.core.permissions import declare

LABELS = declare_labels("dictionary", "dictionaries")
REFRESH = declare("perm:dictionary:refresh", "Have every worker read the dictionaries anew")
