"""Programs that move over keep their types: mypy --strict and pyright agree with every assert_type() of tests/typing and find every
mistake that tests/typing/mistakes.py marks; the examples pass both."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKERS = {
    "mypy": ["--strict", "--explicit-package-bases", "--follow-imports=silent", "--no-error-summary", "--hide-error-context"],
    "pyright": ["--pythonpath", sys.executable],
}
ERROR = re.compile(r"^\s*(\S+\.pyi?):(\d+)(?::\d+)?:? (?:- )?error: (.*)", re.M)


@pytest.fixture(scope="module", params=CHECKERS)
def check(request, root, tmp_path_factory):
    """A function from files to the errors found in them, as (file, line, message)."""
    name = request.param
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        pytest.skip(f"no {name}; pip install {name}")
    options = list(CHECKERS[name])
    if name == "mypy":
        options += ["--cache-dir", str(tmp_path_factory.mktemp("mypy"))]
    environment = {**os.environ, "PYTHONPATH": str(root / "python"), "MYPYPATH": str(root / "python")}

    def run(*files):
        command = [str(program), *options, *(str(f.relative_to(root)) for f in files)]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        found = [(Path(file).name, int(line), text) for file, line, text in ERROR.findall(done.stdout)]
        assert found or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return found

    return run


def report(errors):
    return "\n".join(f"{file}:{line}: {text}" for file, line, text in errors)


def test_types_are_what_programs_expect(root, check):
    files = [f for f in sorted((root / "tests" / "typing").glob("*.py")) if f.stem != "mistakes"]
    errors = check(*files)
    assert not errors, report(errors)


def test_mistakes_are_found(root, check):
    file = root / "tests" / "typing" / "mistakes.py"
    marked = {number for number, line in enumerate(file.read_text().splitlines(), 1) if "# error:" in line}
    errors = check(file)
    assert {line for _, line, _ in errors} == marked, report(errors)


def test_examples_pass(root, check):
    errors = check(*(f for f in sorted((root / "examples").rglob("*.py")) if "migrations" not in f.parts))  # Alembic's own
    assert not errors, report(errors)


def test_stubs_are_consistent(root, check):
    """No stub contradicts another, or itself."""
    errors = [e for e in check(*sorted((root / "python").rglob("*.pyi"))) if e[0].endswith(".pyi")]
    assert not errors, report(errors)
