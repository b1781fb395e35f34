"""Permission labels of menus and of the labels themselves."""

from app.core.crud import declare_labels
from app.core.permissions import declare

LABELS = declare_labels("menu", "menus")
GET_PERMISSIONS = declare("perm:permission:get", "See permission labels, and why somebody holds one or not")
