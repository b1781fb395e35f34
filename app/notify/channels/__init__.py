"""Channels: groups and services elsewhere that are told of what happens."""
