"""Servers that lie (liar.py): no crash, no wait for ever, no memory without bound, whatever bytes come. In a process of its own."""

import re
import subprocess
import sys

from .databases import needs

FIRST, LAST = 200, 350  # 219 and 298 found a wait for ever and reads beyond the end of a row; liar.py tells any others


@needs("server")
def test_a_server_that_lies(database, server, engine):
    command = [sys.executable, "-m", "tests.backends.liar", database.name, server.socket_path, str(FIRST), str(LAST)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, f"{done.stdout[-200:]}\n{done.stderr[-3000:]}"
    told, size, errors = map(int, re.search(r"(\d+) lies over (\d+) bytes, (\d+) errors", done.stdout).groups())
    assert told == LAST - FIRST
    assert size > 10_000
    assert errors > told // 3, "most lies are noticed"
