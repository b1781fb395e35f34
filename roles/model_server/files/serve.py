"""Runs one GGUF model with llama.cpp's own HTTP server, on loopback, until it is asked to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys

import xllamacpp

STOPPING = (signal.SIGTERM, signal.SIGINT)


def parameters(given: argparse.Namespace) -> xllamacpp.CommonParams:
    wanted = xllamacpp.CommonParams()
    wanted.model.path = given.model
    wanted.model_alias = {given.name}
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = given.port
    wanted.n_parallel = given.parallel
    wanted.n_ctx = given.context * given.parallel  # llama.cpp divides it among those that are answered side by side
    wanted.cpuparams.n_threads = given.threads or len(os.sched_getaffinity(0))
    wanted.ui = False
    return wanted


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("model", "name"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("port", "context", "parallel", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    if not os.access(given.model, os.R_OK):
        sys.stderr.write(f"{given.model} is not there or may not be read\n")
        return 1
    # Before its threads are made, so that they leave the signals to this one.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    server = xllamacpp.Server(parameters(given))
    sys.stderr.write(f"{given.name} answers at {server.listening_address}\n")
    signal.sigwait(STOPPING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
