"""The tutorial programs run unchanged but for their URL, and say the same on both databases."""

import importlib

import pytest


@pytest.mark.parametrize("name", ["users", "products", "books"])
def test_tutorials(engine, server, capsys, name):
    module = importlib.import_module(f"examples.tutorials.{name}")
    module.main("sqlite://")
    expected = capsys.readouterr().out
    module.main(server.url())
    assert capsys.readouterr().out == expected and expected
