"""`python -m app`."""

# ruff: noqa: E402 - the collector is off before anything is imported
import gc

gc.disable()  # what is imported stays, and each collection would walk through all of it: a third of a start

import os
import sys

from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from app.cli import cli

gc.freeze()
gc.enable()
# What a command makes (the database above all) is not for others to read.
os.umask(0o027)
# The log files belong to the server; a command speaks on its own terminal.
logger.remove()
logger.add(sys.stderr, level="WARNING", format="{level}: {message}", backtrace=False, diagnose=False)
try:
    cli(prog_name="python -m app")
except SQLAlchemyError as error:
    logger.error("the database: {}", getattr(error, "orig", error))
    logger.error("is it there, and at this release's schema? python -m app db check")
    sys.exit(1)
