"""The permission label of imports. What becomes of a row needs the label of its own list besides."""

from app.core.permissions import declare

IMPORT = declare("perm:transfer:import", "Import lists from workbooks")
