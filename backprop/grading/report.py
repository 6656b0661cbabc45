"""Write what a run found: tables for the teacher, a page for each learner.

The records of a class can be many. They are read one after another, more than once,
and what is written goes to the disk part by part.
"""

import collections
import csv
import dataclasses
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from backprop.checks.show import Report, Verdict

# A spreadsheet would run such a cell; some begin a new one at a semicolon, whatever
# the quotes, and some read the wide forms of the signs.
FORMULA = re.compile(r"""(^|[\n;])(?=["'\s]*[=+\-@＝＋－＠−])""")

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
th { white-space: nowrap; } a { color: inherit; }
.scroll { overflow-x: auto; }
section { margin: 1rem 0; }
svg text { fill: currentColor; font: 12px system-ui, sans-serif; }
svg rect { fill: #0072B2; } svg line { stroke: currentColor; }
"""


def write(path: Path, parts: Iterable[str]) -> None:
    """Write a file wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def page_name(student: str, file: str) -> str:
    """Return a name for a learner's page: readable, unique, safe whatever it was."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40] or "submission"
    return f"{slug}-{hashlib.sha256(f'{student}/{file}'.encode()).hexdigest()[:8]}"


def feedback(record: dict, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield a learner's page, which needs no other file."""
    note = record["note"]
    parts = [
        f"<p>{escape(record['file'])}</p>",
        f"<p><strong>{record['points']} of {record['maximum']} points</strong></p>"
        if verdicts
        else "<p><strong>Not graded: 0 points</strong></p>",
        f"<p>Noted while running it: {escape(note)}</p>" if note else "",
        *(f"<section>{verdict._repr_html_()}</section>" for verdict in verdicts),
        f"<section>{Report(tuple(verdicts))._repr_html_()}</section>"
        if verdicts
        else "",
    ]
    return _page(f"Feedback for {record['student']}", parts)


def gradescope(record: dict, verdicts: Sequence[Verdict]) -> str:
    """Return the results.json that Gradescope reads."""
    tests = [
        {
            "name": f"{verdict.id} {verdict.title}",
            "score": verdict.points,
            "max_score": verdict.max_points,
            "status": "passed" if verdict.status == "right" else "failed",
            "output": repr(verdict),
            "output_format": "text",
        }
        for verdict in verdicts
    ]
    results = {"score": record["points"], "output": record["note"], "tests": tests}
    return json.dumps(results, indent=1) + "\n"


def write_all(out: Path, run: dict, records: Iterable[dict]) -> tuple[int, int]:
    """Write grades.csv, grades.json and index.html; return how many have a grade.

    And how many have none. `records` can be gone through again and again.
    """
    summaries, graded, others = summarise(records)
    ids = [id for summary in summaries.values() for id in summary.questions]
    write(out / "grades.csv", _grades_csv(ids, records))
    write(out / "grades.json", _grades_json(run, records))
    parts = _overview(summaries, graded, others, records)
    write(out / "index.html", _page("The class", parts))
    return graded, others


@dataclasses.dataclass
class _Summary:
    """What became of one exercise set."""

    maximum: int
    questions: dict[str, str]  # title by id
    points: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    states: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    hints: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def add(self, record: dict) -> None:
        """Count a record in."""
        self.points[record["points"]] += 1
        for id, answer in record["questions"].items():
            self.states[id, answer["status"]] += 1
            if answer["hint"]:
                self.hints[id, answer["hint"]] += 1


def summarise(records: Iterable[dict]) -> tuple[dict[str, _Summary], int, int]:
    """Return what became of each set, how many are graded, and how many are not."""
    summaries: dict[str, _Summary] = {}
    graded = others = 0
    for record in records:
        questions = record["questions"]
        if not questions:
            others += 1
            continue
        graded += 1
        if record["set"] not in summaries:
            titles = {id: answer["title"] for id, answer in questions.items()}
            summaries[record["set"]] = _Summary(record["maximum"], titles)
        summaries[record["set"]].add(record)
    return {n: summaries[n] for n in sorted(summaries, key=int)}, graded, others


class _Line:
    """A file for `csv` to write to, which keeps one line at a time."""

    def write(self, text: str) -> None:
        self.text = text


def _grades_csv(ids: Sequence[str], records: Iterable[dict]) -> Iterator[str]:
    """Yield the table of grades, a row for each submission."""
    line = _Line()
    table = csv.writer(line, lineterminator="\n")
    head = ["student", "set", *ids, "total", "maximum", "note", "seconds", "file"]
    table.writerow(head)
    yield line.text
    for record in records:
        points = [record["questions"].get(id, {}).get("points", "") for id in ids]
        row = [record["student"], record["set"], *points]
        row += [record["points"], record["maximum"], record["note"]]
        table.writerow(map(_cell, [*row, record["seconds"], record["file"]]))
        yield line.text


def _cell(value: object) -> object:
    """Return what a spreadsheet shows and does not run."""
    return FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def _grades_json(run: dict, records: Iterable[dict]) -> Iterator[str]:
    """Yield one object, a line for each submission."""
    yield json.dumps(run)[:-1] + ', "submissions": ['
    comma = "\n"
    for record in records:
        yield comma + json.dumps(record, ensure_ascii=False)
        comma = ",\n"
    yield "\n]}\n"


def _overview(
    summaries: dict[str, _Summary], graded: int, others: int, records: Iterable[dict]
) -> Iterator[str]:
    """Yield the teacher's page: the points, what to teach tomorrow, who to look at."""
    yield f"<p>{graded} graded, {others} not.</p>"
    for number, summary in summaries.items():
        yield f"<h2>Set {escape(number)}: points</h2>{_histogram(summary)}"
        yield f"<h2>Questions</h2>{_questions(summary)}"
        yield f"<h2>What to teach tomorrow</h2>{_misconceptions(summary)}"
    yield "<h2>Submissions</h2>"
    yield from _submissions(records)


def _histogram(summary: _Summary) -> str:
    """Draw how many submissions have how many points, with a label on each bar."""
    most, counts = summary.maximum, summary.points
    width, height = 600 / (most + 1), 140 / max(counts.values())
    bars = []
    for points in range(most + 1):
        x, tall = points * width, counts[points] * height
        bars.append(
            f'<rect x="{x + 1:.1f}" y="{160 - tall:.1f}" width="{width - 2:.1f}" '
            f'height="{tall:.1f}"/>'
            f'<text x="{x + width / 2:.1f}" y="175" text-anchor="middle">'
            f"{points}</text>"
        )
        if counts[points]:
            bars.append(
                f'<text x="{x + width / 2:.1f}" y="{155 - tall:.1f}" '
                f'text-anchor="middle">{counts[points]}</text>'
            )
    words = ", ".join(f"{n} with {p}" for p, n in sorted(counts.items()))
    return (
        f'<svg viewBox="0 0 600 195" role="img" aria-label="Submissions by points: '
        f'{words}">{"".join(bars)}<line x1="0" y1="160" x2="600" y2="160"/>'
        '<text x="600" y="192" text-anchor="end">points</text></svg>'
    )


def _questions(summary: _Summary) -> str:
    states = ("right", "wrong", "unanswered")
    rows = [
        [f"{id} {title}", *(summary.states[id, state] for state in states)]
        for id, title in summary.questions.items()
    ]
    return "".join(_table(["question", "right", "wrong", "not answered"], rows))


def _misconceptions(summary: _Summary) -> str:
    if not summary.hints:
        return "<p>No known misconception was found.</p>"
    # In the order of the questions where two are as frequent.
    hints = sorted(summary.hints.items(), key=lambda item: (-item[1], item[0]))
    rows = [[count, id, hint] for (id, hint), count in hints]
    head = ["answers", "question", "what they were told"]
    return "".join(_table(head, rows, numbers=(0,)))


def _submissions(records: Iterable[dict]) -> Iterator[str]:
    rows = (
        [
            (f"feedback/{record['page']}.html", record["student"]),
            record["set"],
            f"{record['points']} of {record['maximum']}"
            if record["questions"]
            else "not graded",
            record["note"],
        ]
        for record in records
    )
    return _table(["student", "set", "points", "note"], rows)


def _table(
    head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()
) -> Iterator[str]:
    def cell(value: object) -> str:
        if isinstance(value, tuple):
            return f'<a href="{escape(value[0])}">{escape(value[1])}</a>'
        return escape(str(value))

    def line(cells: Iterable[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=number' if i in numbers else ''}>{text}</{tag}>"
            for i, text in enumerate(cells)
        )

    yield '<div class="scroll" tabindex="0"><table>'
    yield f"<thead><tr>{line(head, 'th')}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{line(map(cell, row), 'td')}</tr>"
    yield "</tbody></table></div>"


def _page(title: str, parts: Iterable[str]) -> Iterator[str]:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n"
    )
    for part in parts:
        yield f"{part}\n"
    yield "</main>\n</body>\n</html>\n"
