"""What importing the package does not load: modules of the standard library that cost more than the package itself."""

import os
import subprocess
import sys

import pytest

HEAVY = {"asyncio", "concurrent.futures", "ctypes", "email", "http", "json", "logging", "multiprocessing", "socket", "sqlite3", "ssl", "subprocess", "unittest"}


@pytest.mark.parametrize("module", ["cormorant", "cormorant.orm", "cormorant.ext.hybrid", "cormorant.ext.declarative"])
def test_heavy_modules_wait_until_they_are_needed(module):
    program = f"import sys; before = set(sys.modules); import {module}; print(*sorted(set(sys.modules) - before))"
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    loaded = set(done.stdout.split())
    assert module in loaded
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith(("cormorant.flask", "cormorant._pg", "cormorant.migrate", "cormorant.dialects."))}
