"""The eleven operations of the public orm-benchmarks suite on its three tables, for every ORM that is installed.

Each contender works in a process of its own (`worker.py`), on a file of its own; `__main__.py` lets them take turns and compares what they
answer and what they leave in the file. A contender is one module with one class, `Peer`; one that cannot be imported is left out by name.
"""
