"""Without libpq SQLite does not suffer, and PostgreSQL says in one sentence what to install."""

import os
import subprocess
import sys

PROGRAM = """
import sys
sys.modules["cormorant._pg"] = None
import cormorant as sa
with sa.create_engine("sqlite://").connect() as c:
    assert c.scalar(sa.text("SELECT 1")) == 1
try:
    sa.create_engine("postgresql://localhost/x")
except sa.exc.NoSuchModuleError as e:
    print(e)
"""


def test_the_package_is_named():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.count("\n") == 1 and "apt-get install libpq-dev" in done.stdout, done.stdout + done.stderr
