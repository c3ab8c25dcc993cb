"""Every program of this folder answers the same on SQLAlchemy and here."""

import importlib
import warnings

import pytest

from .kit import PROGRAMS, Kit

for _name in ("communities", "content", "shop", "patterns", "queries", "sessions", "tutorials", "web"):
    importlib.import_module(f"{__package__}.{_name}")


def answer(package, program):
    kit = Kit(package)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return program(kit)
    finally:
        kit.orm.close_all_sessions()
        kit.dispose()


def test_there_are_enough():
    assert len(PROGRAMS) >= 60
    assert len({program.__name__ for program in PROGRAMS}) == len(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_alike(program):
    pytest.importorskip("sqlalchemy", reason="the reference is not installed: pip install sqlalchemy==2.1.9")
    theirs = answer("sqlalchemy", program)
    assert theirs, "a program that answers nothing shows nothing"
    assert answer("cormorant", program) == theirs
