"""Without libpq or libmariadb SQLite does not suffer, and the database that needs it says in one sentence what to install."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
sys.modules["cormorant." + sys.argv[1]] = None
import cormorant as sa
with sa.create_engine("sqlite://").connect() as c:
    assert c.scalar(sa.text("SELECT 1")) == 1
try:
    sa.create_engine(sys.argv[2])
except sa.exc.NoSuchModuleError as e:
    print(e)
"""


@pytest.mark.parametrize(("module", "url", "package"), [("_pg", "postgresql://localhost/x", "libpq-dev"), ("_mysql", "mysql+pymysql://localhost/x", "libmariadb-dev")])
def test_the_package_is_named(module, url, package):
    done = subprocess.run([sys.executable, "-c", PROGRAM, module, url], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.count("\n") == 1 and f"apt-get install {package}" in done.stdout, done.stdout + done.stderr
