"""The permission label of everybody who makes images. Those of providers are in providers/permissions.py."""

from app.core.permissions import declare

USE = declare("perm:image:use", "Make images and keep them in one's own gallery")
