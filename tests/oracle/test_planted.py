"""The planted bugs fit the sources still: looking for them takes hours, this does not."""

import subprocess
from pathlib import Path

import pytest

from .planted.__main__ import HERE, ROOT


@pytest.mark.parametrize("patch", sorted(HERE.glob("*.patch")), ids=lambda patch: patch.stem)
def test_it_applies(patch: Path) -> None:
    done = subprocess.run(["patch", "-p1", "-s", "-F3", "--dry-run", "-i", str(patch)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
