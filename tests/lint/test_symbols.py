"""The library exports what the public headers declare, and nothing else; the headers stand alone in C and C++."""

import re
import shutil
import subprocess

import pytest


@pytest.fixture(scope="module")
def library(root):
    subprocess.run(["make", "-s", "core"], cwd=root, check=True, capture_output=True)
    return root / "build" / "libcormorant.so"


def declared(root):
    text = "".join((root / "csrc" / "include" / name).read_text() for name in ("cormorant.h", "cormorant_ext.h"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return set(re.findall(r"CM_API[^;{]*?\b(cm_\w+)\s*\(", text))


def test_exports_match_headers(root, library):
    out = subprocess.run(["nm", "-D", "--defined-only", str(library)], check=True, capture_output=True, text=True).stdout
    exported = {line.split()[-1] for line in out.splitlines() if line.split()[-2] in "TDBR"}
    assert exported - declared(root) == set(), "exported, not declared"
    assert declared(root) - exported == set(), "declared, not exported"


@pytest.mark.parametrize("header", ["cormorant.h", "cormorant_ext.h"])
@pytest.mark.parametrize("language", ["c", "c++"])
def test_headers_stand_alone(root, header, language):
    compiler = shutil.which("g++" if language == "c++" else "gcc")
    if compiler is None:
        pytest.skip(f"no {language} compiler; on Debian: apt-get install g++")
    standard = "-std=c++17" if language == "c++" else "-std=c11"
    command = [compiler, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", language, f"-I{root}/csrc/include", "-"]
    done = subprocess.run(command, input=f'#include "{header}"\n', capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_versions_agree(root):
    header = re.search(r'CM_VERSION_STRING "([^"]+)"', (root / "csrc" / "include" / "cormorant.h").read_text()).group(1)
    package = re.search(r'__version__ = "([^"]+)"', (root / "python" / "cormorant" / "_version.py").read_text()).group(1)
    changelog = re.search(r"^## (\d\S*)", (root / "CHANGELOG.md").read_text(), re.M).group(1)
    assert header == package == changelog
