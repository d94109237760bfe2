"""How one child is found among a million records: `./run bench linkage-online [--records 1000000] [--reports 1000]`.

A database of its own is filled with invented identity records of six agencies (bench/_many_people.py), their keys and
the walls, and kept for the next run. What the police, a charity and a helpline wrote besides is held back and asked
for, as somebody would type it, by a council's social worker: the whole of what their own council says, the summary of
what others say. Then the page that is searched on, with its checks and the entry in the account, committed. In turn with
both, Splink: the same weights, the same records, the same reports, and no walls.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import django
import polars as pl

from bench import figure, met
from bench._many_people import SEED, many_people
from engage.methods.linkage.batch import as_records
from engage.methods.linkage.records import IdentityRecord

if TYPE_CHECKING:
    from engage.practice.agencies.models import Staff

BENCH = "linkage-online"
REPORTS = ("POLICE", "CHARITY", "HELPLINE")
READER = "ewan"
WARM_UP = 100
# Asked before anything is measured, as by a server at work: memory that a process of PostgreSQL never touched costs it
# more the first time, and Splink's process has been through the whole of its table by then.
OTHERS = 2_000
PAGES = 400
BETWEEN_SEARCHES = timedelta(minutes=3)
OF_ONE_SESSION = 20
SPLINK_WARM_UP = 3
EVERYBODY, EVERYBODY_UP_TO = 2, 100_000  # so often, and of no larger file: every row is compared
BORN_ON = ("born_on_day", "born_on_month", "born_on_year")


@dataclass(frozen=True)
class Asked:
    """Reports by what is known of them, each with whose it is."""

    known: list[tuple[str, IdentityRecord]]
    without: list[tuple[str, IdentityRecord]]  # neither date of birth nor postcode
    unknown: list[tuple[str, IdentityRecord]]  # of people of whom there is no other record


@dataclass(frozen=True)
class Invented:
    records: pl.DataFrame
    person_of: dict[str, str]
    asked: Asked
    others: list[IdentityRecord]  # some of those who are known already

    @classmethod
    def of(cls, records: int, reports: int, seed: int) -> Invented:
        few = reports // 4
        made = many_people(records + reports + 2 * few, seed)
        table = made.records.join(made.truth.select("id", "person"), on="id", maintain_order="left")
        table = table.with_columns(pl.len().over("person").alias("of_person"))
        reported = pl.col("source").is_in(REPORTS)
        # One report of each person, so that whoever is asked for is still known by another record.
        known = table.filter(reported & (pl.col("of_person") > 1)).unique(
            "person", keep="first", maintain_order=True
        )
        nothing = pl.col("dob").is_null() & (pl.col("postcodes").list.len() == 0)
        without = known.filter(nothing).head(few)
        known = known.join(without.select("id"), on="id", how="anti", maintain_order="left").head(reports)
        unknown = table.filter(reported & (pl.col("of_person") == 1)).head(few)
        held = pl.concat([known, without, unknown])
        kept = table.join(held.select("id"), on="id", how="anti", maintain_order="left").head(records)
        return cls(
            kept.drop("person", "of_person"),
            {one: str(person) for one, person in kept.select("id", "person").iter_rows()},
            Asked(*(list(_with_person(part)) for part in (known, without, unknown))),
            list(as_records(kept.drop("person", "of_person").sample(min(OTHERS, len(kept)), seed=seed))),
        )


def _with_person(table: pl.DataFrame) -> Iterator[tuple[str, IdentityRecord]]:
    persons = (str(person) for person in table["person"])
    return zip(persons, as_records(table.drop("person", "of_person")), strict=True)


@dataclass
class Measured:
    seconds: list[float] = field(default_factory=list)
    places: list[int | None] = field(default_factory=list)  # of the child among those found, from 0

    def ms(self, share: float) -> float:
        times = sorted(self.seconds)
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]

    def top(self, most: int) -> float:
        return sum(place is not None and place < most for place in self.places) / len(self.places)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--reports", type=int, default=1_000)
    arguments.add_argument("--trials", type=int, default=40, help="of Splink, beside each of ours")
    arguments.add_argument("--seed", type=int, default=SEED)
    chosen = arguments.parse_args()
    django.setup()
    from bench import _identities

    invented = Invented.of(chosen.records, chosen.reports, chosen.seed)
    made_of = f"{chosen.records} {chosen.reports} {chosen.seed}"
    records = ((invented.person_of[one.id], one) for one in as_records(invented.records))
    _identities.prepare(records, chosen.records, made_of)
    with SplinkBeside(chosen) as splink:
        ours, pages = measured(invented, splink)
    say(ours, pages, splink.measured)


def measured(invented: Invented, splink: SplinkBeside) -> tuple[dict[str, Measured], Measured]:
    from bench._identities import AS_AT, read_through, uuid_of
    from engage.practice.access.gate import acting_as
    from engage.practice.agencies.models import Staff
    from engage.practice.people.finding import find

    read_through()
    gc.freeze()  # as the server that answers pages (config/wsgi.py): what was read to measure by is not gone through again
    gc.set_threshold(20_000, 20, 20)
    reader = Staff.objects.select_related("agency", "team", "user").get(code=READER)
    ours = {name: Measured() for name in ("known", "without", "unknown")}

    def ask(person: str, said: IdentityRecord, told: Measured) -> None:
        with acting_as(reader, now=AS_AT):
            started = time.perf_counter()
            found = find(as_typed(said), reader, AS_AT)
            told.seconds.append(time.perf_counter() - started)
        persons = [one.person_id for one in found.candidates]
        wanted = uuid_of("person", person)
        told.places.append(persons.index(wanted) if wanted in persons else None)

    asked = invented.asked
    for said in invented.others:
        ask("", said, Measured())
    for name, told in ours.items():
        reports = getattr(asked, name)
        for number, (person, said) in enumerate(reports):
            ask(person, said, told)
            if name != "unknown":
                splink.in_turn(name, name, number, len(reports))
    return ours, pages_of(reader, asked, splink)


def pages_of(reader: Staff, asked: Asked, splink: SplinkBeside) -> Measured:
    """Searches at the pace of somebody who works: who reads of thousands within an hour raises an alarm, and is no
    usual reader."""
    from django.test import override_settings

    from bench._identities import later_than_any_before
    from bench.noninterference import clock_stands_still
    from engage.demo import probing

    pages = Measured()
    said = [one for _, one in (*asked.known[-WARM_UP:], *asked.known[:PAGES])]
    begins_at = later_than_any_before(len(said) * BETWEEN_SEARCHES)
    with clock_stands_still():
        for number, one in enumerate(said):
            with override_settings(AS_AT=(begins_at + number * BETWEEN_SEARCHES).isoformat()):
                if number % OF_ONE_SESSION == 0:
                    client = probing.signed_in(reader)
                started = time.perf_counter()
                answer = client.post("/search/", typed_in(one))
                if number >= WARM_UP:
                    pages.seconds.append(time.perf_counter() - started)
                    splink.in_turn("pages", "known", number - WARM_UP, len(said) - WARM_UP)
            if answer.status_code != 200:
                raise SystemExit(f"The search page answered {answer.status_code}.")
    return pages


def as_typed(said: IdentityRecord):
    from engage.practice.people.finding import SearchTerms

    numbers = (*said.postcodes, said.nhs_number, said.upn, said.phone)
    return SearchTerms(
        forenames=said.forenames,
        surname=said.surname,
        born_on=said.dob,
        sex=said.sex or "",
        district=said.district or "",
        numbers=tuple(filter(None, numbers)),
    )


def typed_in(said: IdentityRecord) -> dict[str, str]:
    """In the fields of the page, which has two for numbers."""
    born = (
        {}
        if said.dob is None
        else dict(zip(BORN_ON, (said.dob.day, said.dob.month, said.dob.year), strict=True))
    )
    reference = said.nhs_number or next(iter(said.postcodes), "")
    return {
        "forenames": said.forenames, "surname": said.surname, "phone": said.phone or "", "reference": reference, **born,
    }  # fmt: skip


class SplinkBeside:
    """Splink in a process of its own, asked in turn with us, so that what else the machine does is between neither of
    the two. While we are measured it waits."""

    def __init__(self, chosen: argparse.Namespace):
        self.trials = chosen.trials
        self.everybody = EVERYBODY if chosen.records <= EVERYBODY_UP_TO else 0
        self.measured = {name: Measured() for name in ("known", "without", "pages", "everybody")}
        given = map(str, (chosen.records, chosen.reports, chosen.seed))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench._splink_alone", *given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> SplinkBeside:
        if self._line() != "ready":
            raise SystemExit("Splink could not be started.")
        for _ in range(SPLINK_WARM_UP):
            for kind in ("known", "without"):
                self._ask(kind)
        return self

    def __exit__(self, *error: object) -> None:
        if not any(error):
            for _ in range(self.everybody):
                self._note("everybody", "everybody")
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def in_turn(self, measured_as: str, kind: str, number: int, of: int) -> None:
        """After `number` of `of` of ours: as many trials of Splink as are due, evenly spread."""
        if (number + 1) * self.trials // of > number * self.trials // of:
            self._note(measured_as, kind)

    def _note(self, measured_as: str, kind: str) -> None:
        seconds, place = self._ask(kind)
        self.measured[measured_as].seconds.append(seconds)
        self.measured[measured_as].places.append(place)

    def _ask(self, kind: str) -> tuple[float, int | None]:
        assert self.process.stdin
        self.process.stdin.write(f"{kind}\n")
        return json.loads(self._line())

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


WORDS = {
    "known": "reports of known people",
    "without": "reports with neither date of birth nor postcode",
    "unknown": "reports of unknown people",
    "pages": "beside whole requests",
}


def say(ours: dict[str, Measured], pages: Measured, splink: dict[str, Measured]) -> None:
    for name, told in ours.items():
        for share in (0.5, 0.95):
            more: dict = {}
            if name in splink:
                theirs = splink[name].ms(share)
                ratio = told.ms(share) / theirs
                more = {"by_splink_ms": round(theirs), "one_in": round(1 / ratio)}
                if name == "known":
                    more |= {"wanted": "at most 1/100 of Splink's", "met": met(ratio <= 1 / 100)}
            p = f"p{share * 100:.0f}"
            figure(
                BENCH,
                f"matcher {p}, {WORDS[name]}",
                round(told.ms(share), 1),
                "ms",
                reports=len(told.seconds),
                **more,
            )
        if name == "unknown":
            continue
        for most in (1, 5):
            right = told.top(most)
            more = {"by_splink": round(splink[name].top(most), 3)}
            if (name, most) == ("without", 5):
                more |= {"wanted": "at least 0.80", "met": met(right >= 0.8)}
            figure(BENCH, f"among the first {most}, {WORDS[name]}", round(right, 3), "", **more)
    theirs = splink["pages"].ms(0.95)
    figure(
        BENCH,
        "whole request p50, with checks and account",
        round(pages.ms(0.5), 1),
        "ms",
        requests=len(pages.seconds),
    )
    figure(
        BENCH,
        "whole request p95, with checks and account",
        round(pages.ms(0.95), 1),
        "ms",
        by_splink_ms=round(theirs),
        one_in=round(theirs / pages.ms(0.95), 1),
        wanted="at most 1/10 of Splink's",
        met=met(pages.ms(0.95) <= theirs / 10),
    )
    for name in ("known", "without", "pages"):
        figure(BENCH, f"Splink's trials, {WORDS[name]}", len(splink[name].seconds), "trials")
    if splink["everybody"].seconds:
        figure(BENCH, "Splink, score_pairs with everybody", round(splink["everybody"].ms(0.5)), "ms")


if __name__ == "__main__":
    main()
