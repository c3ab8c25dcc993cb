"""Airlines, airports, planes, hourly weather and flights, with real keys between them."""

from __future__ import annotations

from datetime import datetime
from typing import List, Optional

from cormorant import ForeignKey, ForeignKeyConstraint, Index, String
from cormorant.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Airline(Base):
    __tablename__ = "airlines"

    carrier: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)

    flights: Mapped[List["Flight"]] = relationship(back_populates="airline")


class Airport(Base):
    __tablename__ = "airports"

    faa: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    lat: Mapped[Optional[float]]
    lon: Mapped[Optional[float]]
    alt: Mapped[Optional[int]]  # feet
    tz: Mapped[Optional[int]]  # hours from UTC
    dst: Mapped[Optional[str]] = mapped_column(String(1))
    tzone: Mapped[Optional[str]] = mapped_column(String(40))
    known: Mapped[bool] = mapped_column(default=True)  # False: named by flights, absent from the list of airports


class Plane(Base):
    __tablename__ = "planes"

    tailnum: Mapped[str] = mapped_column(String(6), primary_key=True)
    year: Mapped[Optional[int]]
    type: Mapped[str] = mapped_column(String(40))
    manufacturer: Mapped[str] = mapped_column(String(40))
    model: Mapped[str] = mapped_column(String(40))
    engines: Mapped[int]
    seats: Mapped[int]
    speed: Mapped[Optional[int]]  # miles per hour
    engine: Mapped[str] = mapped_column(String(20))

    flights: Mapped[List["Flight"]] = relationship(back_populates="plane", order_by="Flight.scheduled_departure")


class Weather(Base):
    __tablename__ = "weather"

    origin: Mapped[str] = mapped_column(ForeignKey("airports.faa"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)  # UTC
    temp: Mapped[Optional[float]]  # Fahrenheit
    dewp: Mapped[Optional[float]]
    humid: Mapped[Optional[float]]
    wind_dir: Mapped[Optional[int]]
    wind_speed: Mapped[Optional[float]]  # miles per hour
    wind_gust: Mapped[Optional[float]]
    precip: Mapped[Optional[float]]  # inches
    pressure: Mapped[Optional[float]]  # millibars
    visib: Mapped[Optional[float]]  # miles


class Flight(Base):
    __tablename__ = "flights"
    __table_args__ = (
        ForeignKeyConstraint(["origin", "weather_hour"], ["weather.origin", "weather.hour"]),
        Index("ix_flights_route", "origin", "dest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(ForeignKey("airlines.carrier"))
    number: Mapped[int]
    tailnum: Mapped[Optional[str]] = mapped_column(String(6), index=True)  # as reported
    plane_tailnum: Mapped[Optional[str]] = mapped_column(ForeignKey("planes.tailnum"))  # NULL: plane unknown
    origin: Mapped[str] = mapped_column(ForeignKey("airports.faa"))
    dest: Mapped[str] = mapped_column(ForeignKey("airports.faa"), index=True)
    weather_hour: Mapped[Optional[datetime]]  # NULL: no weather was recorded
    scheduled_departure: Mapped[datetime]  # local time
    scheduled_arrival: Mapped[Optional[datetime]]  # local time at the destination
    departure: Mapped[Optional[datetime]]  # NULL: cancelled
    dep_delay: Mapped[Optional[int]]  # minutes
    arr_delay: Mapped[Optional[int]]
    air_time: Mapped[Optional[int]]
    distance: Mapped[int]  # miles
    remark: Mapped[Optional[str]] = mapped_column(String(80))

    airline: Mapped["Airline"] = relationship(back_populates="flights")
    plane: Mapped[Optional["Plane"]] = relationship(back_populates="flights")
    origin_airport: Mapped["Airport"] = relationship(foreign_keys="Flight.origin")
    dest_airport: Mapped["Airport"] = relationship(foreign_keys="Flight.dest")
    weather: Mapped[Optional["Weather"]] = relationship(foreign_keys="[Flight.origin, Flight.weather_hour]", viewonly=True)
