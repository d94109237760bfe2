"""How right `./run engage linkage run` is on files that it never saw: `./run bench linkage-files [--folder FEBRL]`.

FEBRL 1, 2 and 3: slips in every field, given names that are replaced whole, names and days swapped. Nobody there is
another's brother or sister. And invented people of families, whom six agencies write down: with every field, with a
postcode, and with names and birth dates alone. Each file goes through the command as anybody would call it.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from bench import figure, met
from bench._febrl import fetched
from bench._many_people import many_people

BENCH = "linkage-files"
NAMES = "given=given_name,surname=surname,dob=date_of_birth"
ADDRESS = f"{NAMES},postcode=postcode,place=suburb"
NUMBER = f"{ADDRESS},nhs=soc_sec_id"
CHILD = "given=forenames,surname=surname,dob=dob"
NO_FAMILIES = "--no-families"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--folder", type=Path, help="that holds dataset1.csv, 2 and 3 of FEBRL")
    arguments.add_argument("--records", type=int, default=30_000, help="of invented people of families")
    chosen = arguments.parse_args()
    folder = chosen.folder or fetched()
    with tempfile.TemporaryDirectory() as work:
        for number in (1, 2, 3):
            file, truth = febrl(folder, number, Path(work))
            # No rule of families, and a number: what the public comparisons of programs measure.
            wanted = 0.999 if number == 3 else None
            measure(
                f"FEBRL{number}, all fields, no families", file, truth, NUMBER, NO_FAMILIES, wanted=wanted
            )
            measure(f"FEBRL{number}, all fields", file, truth, NUMBER, wanted=0.995 if number == 3 else None)
            measure(f"FEBRL{number}, without a number, no families", file, truth, ADDRESS, NO_FAMILIES)
            measure(f"FEBRL{number}, names and birth dates, no families", file, truth, NAMES, NO_FAMILIES)
        file, truth = families(chosen.records, Path(work))
        numbers = "sex=sex,nhs=nhs_number,upn=upn,phone=phone"
        measure("families, all fields", file, truth, f"{CHILD},postcode=postcode,{numbers}")
        measure("families, names, birth dates and postcodes", file, truth, f"{CHILD},postcode=postcode")
        measure("families, names and birth dates", file, truth, CHILD)


def febrl(folder: Path, number: int, work: Path) -> tuple[Path, Path]:
    """`rec-1070-dup-0` is the record; 1070 who it is."""
    with (folder / f"dataset{number}.csv").open(encoding="utf-8", newline="") as rows:
        told = [
            {name.strip(): (text or "").strip() for name, text in row.items()}
            for row in csv.DictReader(rows, skipinitialspace=True)
        ]
    table = pl.DataFrame(told).rename({"rec_id": "id"})
    entity = pl.col("id").str.split("-").list.get(1)
    return written(work / f"febrl{number}", table, table.select(record_id="id", entity=entity))


def families(records: int, work: Path) -> tuple[Path, Path]:
    people = many_people(records)
    table = people.records.with_columns(postcode=pl.col("postcodes").list.first())
    lists = [name for name, kind in table.schema.items() if kind.is_nested()]
    truth = people.truth.rename({"id": "record_id", "person": "entity", "household": "household_id"})
    return written(work / "families", table.drop(lists), truth)


def written(name: Path, table: pl.DataFrame, truth: pl.DataFrame) -> tuple[Path, Path]:
    file, truth_file = name.with_suffix(".csv"), name.with_suffix(".truth.csv")
    table.write_csv(file)
    truth.write_csv(truth_file)
    return file, truth_file


def measure(name: str, file: Path, truth: Path, fields: str, *more: str, wanted: float | None = None) -> None:
    clusters = file.with_suffix(".clusters.parquet")
    command("run", file, "--fields", fields, "--id", "id", "--out", clusters, *more)
    lines = command("evaluate", clusters, truth, "--json").splitlines()
    found = {line["figure"]: line["value"] for line in map(json.loads, lines) if line["group"] == "all"}
    goal = {"wanted": f"at least {wanted}", "met": met(found["pairwise F1"] >= wanted)} if wanted else {}
    figure(
        BENCH, f"F1, {name}", round(found["pairwise F1"], 4), "share",
        precision=round(found["pairwise precision"], 4), recall=round(found["pairwise recall"], 4),
        records=found["records"], **({"joined in a household": found["false pairs inside households"]}
                                     if "false pairs inside households" in found else {}), **goal,
    )  # fmt: skip


def command(*words: str | Path) -> str:
    """As anybody's own process; what it says beside the answer is for whoever sits before it."""
    done = subprocess.run(
        [sys.executable, "-m", "engage.linkage_files", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"linkage {words[0]}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
