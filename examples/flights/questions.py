"""A dozen questions, asked with select() and with Query. Each answers (title, column names, rows)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, List, Sequence, Tuple

from cormorant import Numeric, String, and_, case, cast, exists, func, select, text, update
from cormorant.exc import IntegrityError
from cormorant.orm import Session, aliased, joinedload, selectinload

from .models import Airline, Airport, Flight, Plane, Weather

Answer = Tuple[str, Sequence[str], Sequence[Sequence[Any]]]


def rounded(number: Any) -> Any:
    """One decimal. The cast is for PostgreSQL, which rounds exact numbers only."""
    return func.round(cast(number, Numeric(12, 4)), 1)


def busiest_airlines(session: Session) -> Answer:
    flights = func.count(Flight.id).label("flights")
    stmt = select(Airline.name, flights).join(Airline.flights).group_by(Airline.name).order_by(flights.desc()).limit(5)
    return "Busiest airlines", ("airline", "flights"), list(session.execute(stmt))


def punctuality(session: Session) -> Answer:
    late = func.sum(case((Flight.arr_delay > 15, 1), else_=0))
    cancelled = func.sum(case((Flight.departure.is_(None), 1), else_=0))
    stmt = (
        select(Flight.origin, func.count(), rounded(100.0 * late / func.count(Flight.arr_delay)), cancelled)
        .group_by(Flight.origin)
        .order_by(Flight.origin)
    )
    return "Late by more than a quarter of an hour, by airport", ("from", "flights", "late %", "cancelled"), list(session.execute(stmt))


def longest_routes(session: Session) -> Answer:
    start, end = aliased(Airport), aliased(Airport)
    stmt = (
        select(start.name, end.name, Flight.distance)
        .join_from(Flight, start, Flight.origin == start.faa)
        .join(end, Flight.dest == end.faa)
        .distinct()
        .order_by(Flight.distance.desc(), start.name)
        .limit(5)
    )
    return "Longest routes (airports joined twice)", ("from", "to", "miles"), list(session.execute(stmt))


def worst_days(session: Session) -> Answer:
    day = func.date(Flight.scheduled_departure).label("day")
    daily = select(day, func.avg(Flight.dep_delay).label("delay")).group_by(day).subquery()
    rank = func.rank().over(order_by=daily.c.delay.desc()).label("place")
    stmt = select(rank, daily.c.day, rounded(daily.c.delay)).order_by(rank).limit(5)
    return "Worst days (a window over a subquery)", ("place", "day", "mean delay, min"), list(session.execute(stmt))


def running_total(session: Session) -> Answer:
    month = func.substr(cast(Flight.scheduled_departure, String), 1, 7).label("month")
    monthly = select(month, func.count().label("n")).where(Flight.carrier == "HA").group_by(month).subquery()
    total = func.sum(monthly.c.n).over(order_by=monthly.c.month)
    stmt = select(monthly.c.month, monthly.c.n, total).order_by(monthly.c.month).limit(6)
    return "Hawaiian's flights by month, added up", ("month", "flights", "so far"), list(session.execute(stmt))


def page_of_flights(session: Session) -> Answer:
    stmt = (
        select(Flight)
        .options(joinedload(Flight.airline), joinedload(Flight.dest_airport), selectinload(Flight.plane))
        .where(Flight.origin == "JFK", Flight.plane_tailnum.is_not(None))
        .order_by(Flight.scheduled_departure, Flight.id)
        .limit(8)
        .offset(24)
    )
    rows = [
        (f"{f.scheduled_departure:%d %b %H:%M}", f"{f.carrier}{f.number}", f.airline.name, f.dest_airport.name, f"{f.plane.manufacturer} {f.plane.model}" if f.plane else "")
        for f in session.scalars(stmt)
    ]
    return "Page four of the board at JFK (airline, airport and plane loaded with it)", ("leaves", "flight", "airline", "to", "plane"), rows


def oldest_planes(session: Session) -> Answer:
    planes = session.query(Plane).options(selectinload(Plane.flights)).filter(Plane.year.isnot(None)).order_by(Plane.year, Plane.tailnum).limit(5).all()
    rows = [(p.tailnum, p.year, f"{p.manufacturer} {p.model}", len(p.flights), p.flights[0].scheduled_departure if p.flights else None) for p in planes]
    return "Oldest planes still flying (Query, selectinload)", ("plane", "built", "what", "flights", "first"), rows


def weather_and_delay(session: Session) -> Answer:
    wind = case((Weather.wind_speed < 10, "calm"), (Weather.wind_speed < 20, "breezy"), else_="windy").label("wind")
    stmt = (
        select(wind, func.count(), rounded(func.avg(Flight.dep_delay)))
        .join(Weather, and_(Flight.origin == Weather.origin, Flight.weather_hour == Weather.hour))
        .where(Flight.dep_delay.is_not(None))
        .group_by(wind)
        .order_by(func.avg(Flight.dep_delay))
    )
    return "Wind and delay", ("wind", "flights", "mean delay, min"), list(session.execute(stmt))


def never_visited(session: Session) -> Answer:
    visited = exists().where(Flight.dest == Airport.faa)
    unknown = session.query(func.count(Airport.faa)).filter(Airport.known.is_(False)).scalar()
    stmt = select(func.count()).select_from(Airport).where(~visited)
    return "Airports", ("never visited", "absent from the list"), [(session.scalar(stmt), unknown)]


def connections(session: Session) -> Answer:
    first, second = aliased(Flight, name="first"), aliased(Flight, name="second")
    stmt = (
        select(first.tailnum, first.dest, second.origin, func.count())
        .join(second, and_(first.tailnum == second.tailnum, func.date(first.scheduled_departure) == func.date(second.scheduled_departure), first.id < second.id))
        .where(first.origin != second.origin, first.carrier == "B6", first.scheduled_departure < datetime(2013, 1, 8))
        .group_by(first.tailnum, first.dest, second.origin)
        .order_by(func.count().desc(), first.tailnum, first.dest)
        .limit(5)
    )
    return "Planes that left two airports on one day (flights joined with themselves)", ("plane", "to", "then from", "times"), list(session.execute(stmt))


def remark_delayed(session: Session) -> Answer:
    done = session.execute(update(Flight).where(Flight.dep_delay > 600).values(remark="more than ten hours late"))
    worst = session.query(Flight).filter(Flight.remark.like("%ten hours%")).order_by(Flight.dep_delay.desc()).first()
    if worst is None:
        return "Delayed flights remarked and saved: there is none", ("flight", "late, min", "remark"), []
    worst.remark = f"the worst of {done.rowcount}"
    session.commit()
    again = session.get_one(Flight, worst.id)
    return "Delayed flights remarked and saved", ("flight", "late, min", "remark"), [(f"{again.carrier}{again.number}", again.dep_delay, again.remark)]


def duplicate_refused(session: Session) -> Answer:
    before = session.query(Airline).count()
    session.add(Airline(carrier="ZZ", name=session.get_one(Airline, "UA").name))
    try:
        session.commit()
        raise SystemExit("a second airline of the same name was accepted")
    except IntegrityError as error:
        session.rollback()
        reason = str(error.orig)
    after = session.query(Airline).count()
    return "A second airline of that name is refused, nothing is lost", ("reason", "airlines before", "after"), [(reason, before, after)]


SIZE = {
    "postgresql": "SELECT pg_size_pretty(pg_database_size(current_database()))",
    "mariadb": "SELECT concat(round(sum(data_length + index_length) / 1048576), ' MB') FROM information_schema.tables WHERE table_schema = database()",
}
SIZE["mysql"] = SIZE["mariadb"]


def file_check(session: Session) -> Answer:
    database = session.get_bind().dialect.name
    if database != "sqlite":
        size = session.scalar(text(SIZE[database]))
        return "The database", ("size",), [(size,)]
    rows = session.execute(text("PRAGMA integrity_check")).scalars().all()
    broken = session.execute(text("PRAGMA foreign_key_check")).all()
    return "The file", ("integrity", "broken references"), [(", ".join(rows), len(broken))]


QUESTIONS: List[Callable[[Session], Answer]] = [
    busiest_airlines, punctuality, longest_routes, worst_days, running_total, page_of_flights, oldest_planes, weather_and_delay,
    never_visited, connections, remark_delayed, duplicate_refused, file_check,
]
