"""Bugs planted by hand, one patch each, to see whether the oracle finds them: `python -m tests.oracle.planted`."""
