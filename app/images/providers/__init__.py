"""Image providers: who paints. One port (port.py), one module a kind of service."""
