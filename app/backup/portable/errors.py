"""Why all data cannot be taken out or brought in. The message says what to do."""


class PortableError(Exception):
    """Expected, and told in words."""


class DamagedError(PortableError):
    """The file is not whole, or not one of ours."""


class RefusedError(PortableError):
    """It could be done and must not."""


class DiskFullError(PortableError):
    """There is no room for the file."""
