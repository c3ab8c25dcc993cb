"""`python -m examples.flights [build/flights.db | URL]`: loads the flights of 2013 and asks questions of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cormorant import create_engine, func, select
from cormorant.orm import Session
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .data import TABLES, fetch
from .load import load
from .models import Base
from .questions import QUESTIONS


def main() -> int:
    target = sys.argv[1] if len(sys.argv) > 1 else "build/flights.db"
    is_file = "://" not in target
    path = Path(target if is_file else "build/flights")
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_file:
        path.unlink(missing_ok=True)
    console = Console(width=None if sys.stdout.isatty() else 120)
    data = fetch(path.parent / "data")
    console.print(f"Data: {data.source}")

    engine = create_engine(f"sqlite:///{path}", foreign_keys=True) if is_file else create_engine(target)
    Base.metadata.create_all(engine)
    total = sum(data.count(table) for table in TABLES)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Session(engine) as session, Progress(*columns, console=console) as bar:
        task = bar.add_task("Loading", total=total)
        started = time.perf_counter()

        def progress(table: str, rows: int) -> None:
            bar.update(task, advance=rows, description=f"Loading {table}")

        counts = load(session, data, progress)
        session.commit()
        bar.update(task, completed=total, description="Loaded")
        seconds = time.perf_counter() - started

    loaded = sum(counts[table] for table in TABLES)
    for name, n in counts.items():
        console.print(f"  {n:>9,} {name}")
    console.print(f"{loaded:,} rows in {seconds:.1f} s: {loaded / seconds:,.0f} rows/s from CSV text to {f'committed file, {path} ({path.stat().st_size / 1e6:.0f} MB)' if is_file else engine.dialect.name}")

    with Session(engine) as session:
        for number, question in enumerate(QUESTIONS, 1):
            started = time.perf_counter()
            title, names, rows = question(session)
            took = (time.perf_counter() - started) * 1000
            console.print(f"\n{number}. {title}  [{took:.0f} ms]", markup=False)
            table = Table()
            for name in names:
                table.add_column(name)
            for row in rows:
                table.add_row(*("" if value is None else f"{value:,}" if isinstance(value, int) and value > 9999 else str(value) for value in row))
            console.print(table)

        session.expunge_all()
        started = time.perf_counter()
        from .models import Flight

        n = len(session.scalars(select(Flight)).all())
        took = time.perf_counter() - started
        console.print(f"{n:,} flights read back as entities in {took:.2f} s: {n / took:,.0f} entities/s")
        if n != session.scalar(select(func.count()).select_from(Flight)):
            console.print("[red]the number of entities differs from the number of rows")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
