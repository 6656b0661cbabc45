"""Write what a run found: tables for the teacher, a page for each learner."""

import collections
import csv
import hashlib
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
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


def write(path: Path, text: str) -> None:
    """Write a file wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def page_name(student: str, file: str) -> str:
    """Return a name for a learner's page: readable, unique, safe whatever it was."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40] or "submission"
    return f"{slug}-{hashlib.sha256(f'{student}/{file}'.encode()).hexdigest()[:8]}"


def feedback(record: dict, verdicts: Sequence[Verdict]) -> str:
    """Return a learner's page, which needs no other file."""
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


def grades_csv(records: Iterable[dict]) -> str:
    """Return the table of grades, a row for each submission."""
    records = list(records)
    ids = sorted(
        {id for record in records for id in record["questions"]},
        key=lambda id: [*map(int, id.split("."))],
    )
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    head = ["student", "set", *ids, "total", "maximum", "note", "seconds", "file"]
    table.writerow(head)
    for record in records:
        points = [record["questions"].get(id, {}).get("points", "") for id in ids]
        row = [record["student"], record["set"], *points]
        row += [record["points"], record["maximum"], record["note"]]
        table.writerow(map(_cell, [*row, record["seconds"], record["file"]]))
    return out.getvalue()


def _cell(value: object) -> object:
    """Return what a spreadsheet shows and does not run."""
    return FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def overview(records: Sequence[dict]) -> str:
    """Return the teacher's page: the points, what to teach tomorrow, who to look at."""
    graded = [record for record in records if record["questions"]]
    others = [record for record in records if not record["questions"]]
    parts = [f"<p>{len(graded)} graded, {len(others)} not.</p>"]
    for number in sorted({record["set"] for record in graded}, key=int):
        of_set = [record for record in graded if record["set"] == number]
        parts += [f"<h2>Set {escape(number)}: points</h2>", _histogram(of_set)]
        parts += ["<h2>Questions</h2>", _questions(of_set)]
        parts += ["<h2>What to teach tomorrow</h2>", _misconceptions(of_set)]
    parts += ["<h2>Submissions</h2>", _submissions(records)]
    return _page("The class", parts)


def _histogram(records: Sequence[dict]) -> str:
    """Draw how many submissions have how many points, with a label on each bar."""
    most = max(record["maximum"] for record in records)
    counts = collections.Counter(record["points"] for record in records)
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


def _questions(records: Sequence[dict]) -> str:
    rows = []
    for id in records[0]["questions"]:
        answers = [record["questions"][id] for record in records]
        states = collections.Counter(answer["status"] for answer in answers)
        rows.append(
            [
                f"{id} {answers[0]['title']}",
                states["right"],
                states["wrong"],
                states["unanswered"],
            ]
        )
    return _table(["question", "right", "wrong", "not answered"], rows)


def _misconceptions(records: Sequence[dict]) -> str:
    found = collections.Counter(
        (id, answer["hint"])
        for record in records
        for id, answer in record["questions"].items()
        if answer["hint"]
    )
    if not found:
        return "<p>No known misconception was found.</p>"
    rows = [[count, id, hint] for (id, hint), count in found.most_common()]
    return _table(["answers", "question", "what they were told"], rows, numbers=(0,))


def _submissions(records: Sequence[dict]) -> str:
    rows = [
        [
            (f"feedback/{record['page']}.html", record["student"]),
            record["set"],
            f"{record['points']} of {record['maximum']}"
            if record["questions"]
            else "not graded",
            record["note"],
        ]
        for record in records
    ]
    return _table(["student", "set", "points", "note"], rows)


def _table(
    head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()
) -> str:
    def cell(value: object) -> str:
        if isinstance(value, tuple):
            return f'<a href="{escape(value[0])}">{escape(value[1])}</a>'
        return escape(str(value))

    def line(cells: Iterable[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=number' if i in numbers else ''}>{text}</{tag}>"
            for i, text in enumerate(cells)
        )

    body = "".join(f"<tr>{line(map(cell, row), 'td')}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{line(head, "th")}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _page(title: str, parts: Iterable[str]) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</main>\n"
        "</body>\n</html>\n"
    )
