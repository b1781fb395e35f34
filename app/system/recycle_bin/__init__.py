"""The recycle bin: what was deleted of any resource, to be restored or removed for good."""
