"""What `import flask_migrate` answers under `cormorant.compat`: migrations run in a process of their own.

Alembic needs the real SQLAlchemy, in whose name the alias speaks; both do not fit into one process. So the extension registered
here loads nothing, and its command, `flask db ...`, replaces the process by the same command with the alias off: there the program
runs on SQLAlchemy, Flask-SQLAlchemy and Flask-Migrate themselves, on the same database.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from typing import Any, Callable, Optional, Tuple

import click

from ..compat import REFERENCE, SWITCH


class Migrate:
    """Takes the arguments of Flask-Migrate's extension; those but `command` matter to the other process only."""

    def __init__(self, app: Any = None, db: Any = None, directory: Any = "migrations", command: str = "db", **kwargs: Any) -> None:
        self.db = db
        self.directory = str(directory)
        self.command = command
        self.migrate = self
        self.configure_args = kwargs
        if app is not None and db is not None:
            self.init_app(app, db)

    def init_app(self, app: Any, db: Any = None, directory: Any = None, command: Optional[str] = None, **kwargs: Any) -> None:
        self.db = db or self.db
        self.directory = str(directory or self.directory)
        self.command = command or self.command
        self.configure_args.update(kwargs)
        app.extensions["migrate"] = self
        app.cli.add_command(_command, name=self.command)

    def configure(self, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A function that the other process calls with Alembic's configuration."""
        return f


@click.command(
    add_help_option=False, short_help="Perform database migrations.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)  # fmt: skip
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def _command(context: click.Context, arguments: Tuple[str, ...]) -> None:
    """Perform database migrations, in a process without the alias."""
    wanted = [context.info_name, *arguments]
    if sys.argv[-len(wanted) :] != wanted:  # called from within a program: its command line is another
        raise click.ClickException(_refusal(" ".join(str(w) for w in wanted)))
    for name in REFERENCE:
        if name in sys.modules and PathFinder.find_spec(name) is None:
            raise click.ClickException(f"migrations run on the real {name}: pip install {name.replace('_', '-')}")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, SWITCH: "off"})


def _refusal(what: str) -> str:
    return (
        f"{what} cannot run within a process in which cormorant.compat is installed, and a second process would not have the "
        "application as it is here: use `flask db ...` on the command line"
    )


_FUNCTIONS = frozenset(
    ("branches", "check", "current", "downgrade", "edit", "heads", "history", "init", "list_templates", "merge", "migrate", "revision", "show",
     "stamp", "upgrade")
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _FUNCTIONS:
        raise AttributeError(f"module 'flask_migrate' (spoken for by {__name__!r}) has no attribute {name!r}")

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(_refusal(f"flask_migrate.{name}()"))

    return refuse
