"""Command context: settings, logging, signals and exit codes of a command."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from domain.exhaustive_mapping import IncompleteMapping
from kinerja import settings
from kinerja.errors import OperatorError
from kinerja.observability import structured_logging


@contextmanager
def command_context(*, quiet: bool = False) -> Iterator[settings.Settings]:
    """Load the settings and configure logging for a command.

    An OperatorError ends the process with one line and its exit code; SIGINT and SIGTERM end it quietly.
    """
    # A shell starts background processes with SIGINT ignored; SIGTERM is mapped to SIGINT here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        chosen = settings.load_settings()
        structured_logging.configure_logging("warning" if quiet and chosen.log_level == "info" else chosen.log_level)
        yield chosen
    except KeyboardInterrupt:
        sys.exit(0)
    except OperatorError as error:
        exit_with_message(str(error), error.exit_code)
    except IncompleteMapping as error:
        exit_with_message(str(error), 1)


def exit_with_message(message: str, code: int) -> NoReturn:
    """Print a message to stderr and exit with a code."""
    typer.echo(f"kinerja: {message}", err=True)
    sys.exit(code)
