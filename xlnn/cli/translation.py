"""Turns our errors into messages and exit codes; no traceback reaches a user."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

import click

from xlnn.errors import XlnnError

INTERRUPTED = 130
"""The exit status of a program that was stopped with Ctrl-C."""


class Failure(click.ClickException):
    """A message for the user and the exit status 2."""

    exit_code = 2


class TranslatedGroup(click.Group):
    """A group of commands that are imported when needed, and whose errors are told in plain
    words. ``commands_by_name`` gives the beginning of each one's help."""

    def __init__(self, *args: Any, commands_by_name: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._helps = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._helps)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._helps:
            return None
        from importlib import import_module

        module = import_module(f"xlnn.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._helps.items()))

    def invoke(self, ctx: click.Context) -> Any:
        if os.environ.get("NO_COLOR"):  # https://no-color.org, which click leaves to programs
            ctx.color = False
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A console that knows no Σ shows a question mark, and the work is not lost.
                stream.reconfigure(errors="replace")
        if threading.current_thread() is threading.main_thread():
            # Whoever ends us, or closes the terminal, ends us tidily: what is half-written goes.
            for name in ("SIGTERM", "SIGHUP"):
                if number := getattr(signal, name, None):  # Windows has no SIGHUP
                    signal.signal(number, lambda number, _frame: sys.exit(128 + number))
        try:
            return super().invoke(ctx)
        except XlnnError as error:
            raise Failure(str(error)) from error
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing was left half-written.", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # The reader of our output, such as head, has seen enough.
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
            ctx.exit(0)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("XLNN_DEBUG"):
                raise
            kind = type(error).__name__
            raise Failure(
                f"xlnn failed unexpectedly ({kind}: {error}). This is a defect of xlnn, please "
                "report it; with XLNN_DEBUG=1 set you see where it happened."
            ) from error
