"""`python -m app`."""

import os
import sys

from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from app.cli import cli

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
