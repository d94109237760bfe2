"""Which true child each reference belongs to. Kept beside the files to measure linking; no agency sends it."""

from __future__ import annotations

from pathlib import Path

from engage.demo.files.sheets import CsvFile
from engage.demo.world import Child

TRUTH_COLUMNS = ("format", "agency", "reference", "child_id", "household_id")


class TruthFile:
    def __init__(self, folder: Path) -> None:
        self.table = CsvFile(folder / "truth.csv", TRUTH_COLUMNS)
        self.seen: set[tuple[str, str, str]] = set()

    def add(self, format: str, agency: str, reference: str, child: Child) -> None:
        key = (format, agency, reference)
        if not reference or key in self.seen:
            return
        self.seen.add(key)
        self.table.add(
            {
                "format": format,
                "agency": agency,
                "reference": reference,
                "child_id": child.child_id,
                "household_id": child.household.household_id,
            }
        )

    def forget(self) -> None:
        """References of the next part of a county are others."""
        self.seen.clear()

    def close(self) -> None:
        self.table.close()
