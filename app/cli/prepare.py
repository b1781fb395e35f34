"""`prepare`: what a release does before it starts. The release flow looks for this file; without it, it runs both."""

from app.cli import database, seed


def prepare(
    snapshot: database.Snapshot = None,
    first_password_fd: seed.FirstPasswordFd = None,
    probe_password_fd: seed.ProbePasswordFd = None,
    demo_data: seed.DemoData = False,
) -> None:
    """`db upgrade` and then `seed`, in one process: to start one takes longer than what either of them does."""
    database.upgrade(snapshot)
    seed.seed(first_password_fd, probe_password_fd, demo_data)
