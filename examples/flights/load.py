"""From text to rows: missing values become NULL, local clock times become datetimes, absent parents are handled and counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Callable, List, Optional, Set, Tuple

from cormorant import select
from cormorant.orm import Session

from .data import DataSet, Row
from .models import Airline, Airport, Flight, Plane, Weather

BATCH = 20_000  # objects per flush
Counts = Counter[str]
Hour = Tuple[str, datetime]  # an airport and an hour of it


def number(text: str) -> Optional[int]:
    return None if text in ("NA", "") else int(float(text))


def real(text: str) -> Optional[float]:
    return None if text in ("NA", "") else float(text)


def word(text: str) -> Optional[str]:
    return None if text in ("NA", "") else text


def moment(text: str) -> datetime:
    """"2013-01-01T10:00:00Z" -> naive UTC."""
    return datetime.fromisoformat(text.rstrip("Z"))


def clock(day: datetime, text: str, not_before: Optional[datetime] = None) -> Optional[datetime]:
    """"517" on a day -> 05:17 of it; "2400" is midnight; a time far before `not_before` means the next day."""
    if text in ("NA", ""):
        return None
    hhmm = int(text)
    at = day + timedelta(hours=hhmm // 100, minutes=hhmm % 100)
    if not_before is not None and at < not_before - timedelta(hours=12):
        at += timedelta(days=1)
    return at


def load(session: Session, data: DataSet, progress: Callable[[str, int], None]) -> Counts:
    """Loads every table. `progress(table, rows)` is told of each batch. Answers what was counted on the way."""
    counts: Counts = Counter()
    _small_tables(session, data, progress, counts)
    airports = set(session.scalars(select(Airport.faa)))
    _weather(session, data, progress, counts)
    _flights(session, data, progress, counts, airports)
    return counts


def _small_tables(session: Session, data: DataSet, progress: Callable[[str, int], None], counts: Counts) -> None:
    session.add_all(Airline(carrier=r["carrier"], name=r["name"]) for r in data.rows("airlines"))
    session.add_all(
        Airport(
            faa=r["faa"], name=r["name"], lat=real(r["lat"]), lon=real(r["lon"]), alt=number(r["alt"]), tz=number(r["tz"]),
            dst=word(r["dst"]), tzone=word(r["tzone"]),
        )
        for r in data.rows("airports")
    )
    session.add_all(
        Plane(
            tailnum=r["tailnum"], year=number(r["year"]), type=r["type"], manufacturer=r["manufacturer"], model=r["model"],
            engines=int(r["engines"]), seats=int(r["seats"]), speed=number(r["speed"]), engine=r["engine"],
        )
        for r in data.rows("planes")
    )
    session.flush()
    for table in ("airlines", "airports", "planes"):
        counts[table] = data.count(table)
        progress(table, counts[table])


def _weather(session: Session, data: DataSet, progress: Callable[[str, int], None], counts: Counts) -> None:
    seen = set()
    for r in data.rows("weather"):
        key = (r["origin"], moment(r["time_hour"]))
        if key in seen:  # the hour that was lived twice when the clocks went back
            counts["weather hours given twice"] += 1
            continue
        seen.add(key)
        session.add(
            Weather(
                origin=key[0], hour=key[1], temp=real(r["temp"]), dewp=real(r["dewp"]), humid=real(r["humid"]),
                wind_dir=number(r["wind_dir"]), wind_speed=real(r["wind_speed"]), wind_gust=real(r["wind_gust"]),
                precip=real(r["precip"]), pressure=real(r["pressure"]), visib=real(r["visib"]),
            )
        )
        counts["weather"] += 1
    session.flush()
    progress("weather", counts["weather"])


def _flights(session: Session, data: DataSet, progress: Callable[[str, int], None], counts: Counts, airports: Set[str]) -> None:
    planes = {plane.tailnum for plane in session.query(Plane)}
    hours = {(origin, hour) for origin, hour in session.query(Weather.origin, Weather.hour)}
    batch = []
    for r in data.rows("flights"):
        if r["dest"] not in airports:
            session.add(Airport(faa=r["dest"], name="(absent from the list of airports)", known=False))
            airports.add(r["dest"])
            counts["airports absent, added by name"] += 1
        batch.append(_flight(r, planes, hours, counts))
        if len(batch) == BATCH:
            _write(session, batch, progress, counts)
            batch = []
    _write(session, batch, progress, counts)


def _flight(r: Row, planes: Set[str], hours: Set[Hour], counts: Counts) -> Flight:
    day = datetime(int(r["year"]), int(r["month"]), int(r["day"]))
    leaves = clock(day, r["sched_dep_time"])
    hour = moment(r["time_hour"])
    tail = word(r["tailnum"])
    if tail is None:
        counts["flights without a tail number"] += 1
    elif tail not in planes:
        counts["flights whose plane is absent"] += 1
    if (r["origin"], hour) not in hours:
        counts["flights without weather"] += 1
    return Flight(
        carrier=r["carrier"], number=int(r["flight"]), tailnum=tail, plane_tailnum=tail if tail in planes else None,
        origin=r["origin"], dest=r["dest"], weather_hour=hour if (r["origin"], hour) in hours else None,
        scheduled_departure=leaves, scheduled_arrival=clock(day, r["sched_arr_time"], leaves),
        departure=clock(day, r["dep_time"], leaves), dep_delay=number(r["dep_delay"]), arr_delay=number(r["arr_delay"]),
        air_time=number(r["air_time"]), distance=int(r["distance"]),
    )


def _write(session: Session, batch: List[Flight], progress: Callable[[str, int], None], counts: Counts) -> None:
    session.add_all(batch)
    session.flush()
    session.expunge_all()
    counts["flights"] += len(batch)
    progress("flights", len(batch))
