"""`python -m benchmarks.python.peers.worker MODULE ADDRESS [cpu]`: one contender, told line by line what to do, answering line by line."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import sys

from ..clock import Clock, choose
from .contender import OPERATIONS, Absent
from .tables import digest


def answer(peer, order: dict) -> dict:
    operation = next(o for o in OPERATIONS if o.letter == order["operation"])
    clock = Clock()
    gc.collect()
    try:
        found = peer.run(operation, order["table"], order["n"], clock)
    except Absent as absent:
        return {"absent": str(absent)}
    except Exception as error:  # whatever a library throws: the run goes on without it
        return {"absent": f"fails with {type(error).__name__}: {' '.join(str(error).split())[:160]}", "failed": True}
    return {"seconds": clock.seconds, "units": clock.units, "found": None if found is None else digest(found)}


def main() -> int:
    module, address = sys.argv[1:3]
    choose(sys.argv[3:] == ["cpu"])
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # what a library prints is not an answer
        try:
            peer = importlib.import_module(f".{module}", __package__).Peer()
            peer.open(address)
        except Exception as error:
            why = str(error) if isinstance(error, (ImportError, Absent)) else f"{type(error).__name__}: {error}"
            print(json.dumps({"left_out": " ".join(why.split())[:200]}), file=out, flush=True)
            return 0
        print(json.dumps({"name": peer.name, "version": peer.version, "remarks": peer.remarks}), file=out, flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(peer, json.loads(line))), file=out, flush=True)
        peer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
