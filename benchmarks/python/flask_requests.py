"""`python -m benchmarks.python.flask_requests [--rounds N] [--seconds S] [--load N] [--json FILE]`: the example applications on Flask-SQLAlchemy and on
Cormorant. First requests per second inside a process, in turns; then the library behind gunicorn (4 workers of 8 threads) under load."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.apps import load, servers, twins

from .report import Report, conditions, mid

APPS = ("shop", "students", "books", "library")
HERE = Path(twins.__file__).parent


def in_turns(copies: dict, folder: Path, name: str, rounds: int, seconds: float) -> dict:
    """{scenario: {side: rates}}; the sides take turns, round by round."""
    running, rates = {}, {}
    for side, copy in copies.items():
        running[side] = twins.start(
            copy, side, f"sqlite:///{folder}/{side}-{name}.db", "rounds.py", name, str(seconds), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    for process in running.values():
        if process.stdout.readline() != "ready\n":
            raise SystemExit(f"{name} did not start")
    for number in range(rounds + 1):
        for side, process in running.items():
            process.stdin.write("\n")
            process.stdin.flush()
            for scenario, rate in json.loads(process.stdout.readline()).items():
                if number:  # the first round warms up
                    rates.setdefault(scenario, {}).setdefault(side, []).append(rate)
    for process in running.values():
        process.stdin.close()
        process.wait(20)
    return rates


def behind_gunicorn(copy: Path, folder: Path, side: str, requests: int) -> load.Outcome:
    url = f"sqlite:///{folder}/{side}-load.db"
    twins.run(copy, side, url, "served.py")
    command = ("-m", "gunicorn", "-w", "4", "--threads", "8", "--keep-alive", "60", "-b", "127.0.0.1:{port}", "--log-level", "warning", "served:app")
    with servers.serve(copy, side, url, *command) as address:
        load.run(address, 8, 160, 4, "before ")
        return load.run(address, 24, requests, 4)


def in_one_process(report: Report, copies: dict, folder: Path, rounds: int, seconds: float) -> None:
    print(f"{'':<34}{'cormorant':>12}{'flask-sqlalchemy':>18}{'ratio':>8}")
    for app in APPS:
        for scenario, rates in in_turns(copies, folder, app, rounds, seconds).items():
            times = {side: [1 / rate for rate in rates[side]] for side in twins.SIDES}
            result = report.add("Flask", f"{app}: {scenario}", "request", times)
            ours, theirs = (1 / mid(result, name) for name in ("cormorant", "sqlalchemy"))
            print(f"{app + ': ' + scenario:<34}{ours:>12,.0f}{theirs:>18,.0f}{ours / theirs:>7.1f}x", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="for each scenario of a round")
    parser.add_argument("--load", type=int, default=2400, help="requests to gunicorn; 0: without it")
    parser.add_argument("--json")
    options = parser.parse_args()
    report = Report(conditions(n="requests per second in one process, templates and JSON included", journal="SQLite file, rollback", rounds=options.rounds))
    report.head()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = twins.copies(folder / "copies", HERE / "served.py", HERE / "rounds.py")
        in_one_process(report, copies, folder, options.rounds, options.seconds)
        if options.load:
            print("\nlibrary behind gunicorn, 4 workers x 8 threads, 24 clients on this machine, a request in ten writes")
            for side in twins.SIDES:
                outcome = behind_gunicorn(copies[side], folder, side, options.load)
                print(f"{'cormorant' if side == 'cormorant' else 'flask-sqlalchemy':<18}{outcome}", flush=True)
                if outcome.wrong:
                    print(*outcome.wrong[:3], sep="\n")
                    return 1
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
