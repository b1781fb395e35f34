"""The feed of events that open pages listen to."""
