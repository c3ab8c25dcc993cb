"""The tutorial programs run unchanged but for their URL, and say the same on every database."""

import importlib

import pytest

import cormorant as sa
from tests.backends.databases import needs

pytestmark = needs("server")


@pytest.mark.parametrize("name", ["users", "products", "books"])
def test_tutorials(engine, server, capsys, name):
    module = importlib.import_module(f"examples.tutorials.{name}")
    module.main("sqlite://")
    expected = capsys.readouterr().out
    if engine.dialect.name in ("mariadb", "mysql"):  # whose own order of letters is a dictionary's
        with engine.begin() as c:
            c.execute(sa.text("ALTER DATABASE test COLLATE utf8mb4_bin"))
    module.main(server.url())
    assert capsys.readouterr().out == expected and expected
