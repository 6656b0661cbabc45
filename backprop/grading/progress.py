"""What is graded so far: a file beside the grades, from which a run can go on."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

NAME = "progress.sqlite"
SCHEMA = """
PRAGMA synchronous = OFF;  -- what the program has written survives it, not a power cut
CREATE TABLE IF NOT EXISTS run (options TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS records
  (file TEXT PRIMARY KEY, digest TEXT NOT NULL, record TEXT NOT NULL);
CREATE TEMPORARY TABLE firsts
  (student TEXT, set_ TEXT, file TEXT NOT NULL, PRIMARY KEY (student, set_));
"""


class Progress:
    """The records of a run, on the disk and not in memory, in the order of their files.

    Every record is kept as soon as it is added; one for the same file replaces it.

    Raises
    ------
    ValueError
        If `out` holds a file of that name that no run has written.
    """

    def __init__(self, out: Path) -> None:
        self._database = sqlite3.connect(out / NAME, isolation_level=None)
        try:
            self._database.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ValueError(f"{out / NAME} cannot be read: {error}") from None

    def __enter__(self) -> "Progress":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._database.close()

    @property
    def run(self) -> dict | None:
        """What the run was asked for, None as long as nothing is graded."""
        query = "SELECT options FROM run WHERE EXISTS (SELECT * FROM records)"
        row = self._database.execute(query).fetchone()
        return row and json.loads(row[0])

    @run.setter
    def run(self, options: dict) -> None:
        self._database.execute("DELETE FROM run")
        self._database.execute("INSERT INTO run VALUES (?)", [json.dumps(options)])

    def holds(self, file: str, digest: str) -> bool:
        """Tell whether a file is graded, as it is now."""
        query = "SELECT 1 FROM records WHERE file = ? AND digest = ?"
        return bool(self._database.execute(query, [file, digest]).fetchone())

    def add(self, record: dict) -> None:
        """Keep a record."""
        row = [record["file"], record["digest"], json.dumps(record)]
        self._database.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", row)

    def first(self, student: str, number: str, file: str) -> str:
        """Return the first file of a student for a set in this pass: perhaps this."""
        key = [student, number]
        insert = "INSERT OR IGNORE INTO firsts VALUES (?, ?, ?)"
        self._database.execute(insert, [*key, file])
        query = "SELECT file FROM firsts WHERE student = ? AND set_ = ?"
        return self._database.execute(query, key).fetchone()[0]

    def __iter__(self) -> Iterator[dict]:
        """Yield the records, one in memory at a time."""
        query = "SELECT record FROM records ORDER BY file"
        for (text,) in self._database.execute(query):
            yield json.loads(text)
