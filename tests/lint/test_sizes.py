"""Prints what grew past the sizes of the style guide; fails on what nobody should have to read in one piece."""

import re


def c_functions(text):
    """(name, lines) of function bodies that start in column 0."""
    name, start = None, 0
    for number, line in enumerate(text.splitlines()):
        if line.endswith("{") and line[:1].isalpha() and "(" in line:
            name, start = re.search(r"(\w+)\s*\(", line).group(1), number
        elif line.startswith("}") and name:
            yield name, number - start
            name = None


def test_sizes(root, capsys):
    long_files, long_functions = [], []
    for folder in ("csrc/src", "bindings/python", "python"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".c", ".py"):
                continue
            text = path.read_text()
            lines = text.count("\n")
            if lines > 1000:
                long_files.append((lines, str(path.relative_to(root))))
            if path.suffix == ".c":
                long_functions += [(n, f"{path.relative_to(root)}:{name}") for name, n in c_functions(text) if n > 100]
    with capsys.disabled():
        for n, what in sorted(long_files + long_functions, reverse=True):
            print(f"  {n:>5} lines: {what}")
    assert not [f for f in long_files if f[0] > 1800], "split these files"
    assert not [f for f in long_functions if f[0] > 250], "split these functions"
