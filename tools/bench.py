"""Measure speeds and weights beside their budgets: `make bench`. Asserts nothing."""

import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import find_browser, open_browser, serve
from tools import notebooks

ROOT = Path(__file__).parents[1]
TEXT = (".html", ".js", ".css", ".svg", ".json")

# The time of one redraw, from the slider's event to the new numbers; the median of 200.
REDRAW = """
figure => {
  const slider = figure.querySelector("input[type=range]");
  const times = Array.from({ length: 200 }, (_, i) => {
    slider.value = i % 2 ? slider.min : slider.max;
    const start = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    figure.getBoundingClientRect();   // the layout, too
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[100];
}
"""

ALIVE = "performance.getEntriesByName('figure-alive')[0]?.startTime"

Row = tuple[str, str, str]


def build(out: Path) -> float:
    """Build the book into `out`; return the seconds that it took."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT)]
    start = time.perf_counter()
    subprocess.run(
        [*command, "-q", "--path-output", str(out)], check=True, capture_output=True
    )
    return time.perf_counter() - start


def build_times(out: Path) -> Iterator[Row]:
    """Build all pages, then again after one chapter was saved."""
    yield "build, all pages", f"{build(out):.1f} s", "≤ 30 s"
    chapter = min(ROOT.glob("chapters/*.ipynb"))
    before = chapter.stat()
    os.utime(chapter)
    try:
        yield "build, one chapter saved", f"{build(out):.1f} s", "≤ 5 s"
    finally:
        os.utime(chapter, ns=(before.st_atime_ns, before.st_mtime_ns))


def notebook_times() -> Iterator[Row]:
    """Run every notebook, as nbval does."""
    times = []
    for path in notebooks.paths():
        start = time.perf_counter()
        notebooks.execute(notebooks.read(path), path)
        times.append(time.perf_counter() - start)
    yield "a notebook, on average", f"{statistics.mean(times):.1f} s", "≤ 4 s"
    yield "the slowest notebook", f"{max(times):.1f} s", "≤ 60 s"


def page_weights(site: Path, address: str, browser: Browser) -> Iterator[Row]:
    """Weigh what each page loads, text gzipped as a web server would."""
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site).as_posix()
        if name == "index.html" or name.startswith("_"):
            continue
        sizes = {}

        def weigh(response, sizes=sizes):
            body = response.body()
            text = response.url.partition("?")[0].endswith(TEXT)
            sizes[response.url] = len(gzip.compress(body)) if text else len(body)

        page = browser.new_page()
        page.on("requestfinished", lambda request: weigh(request.response()))
        page.goto(address + name, wait_until="networkidle")
        responds = page.locator(".figure-live").count() > 0
        page.close()
        kind, budget = ("responds", 350) if responds else ("plain", 300)
        weight = sum(sizes.values()) / 1024
        yield f"{name} ({kind})", f"{weight:.0f} KB", f"≤ {budget} KB"


def figure_times(site: Path, address: str, browser: Browser) -> Iterator[Row]:
    """Time each figure that responds: until it is alive, and to draw itself again."""
    for file in sorted(site.rglob("*.html")):
        if "vnd.jupyter.widget-view+json" not in file.read_text(encoding="utf-8"):
            continue
        name = file.relative_to(site).as_posix()
        alive = []
        for _ in range(5):
            page = browser.new_page()
            page.goto(address + name, wait_until="commit")
            figure = page.locator(".figure-live:not(:empty)").first
            page.wait_for_function(ALIVE)
            alive.append(page.evaluate(ALIVE))
            redraw = figure.evaluate(REDRAW)
            page.close()
        yield f"{name}: alive", f"{statistics.median(alive) / 1000:.2f} s", "≤ 1 s"
        yield f"{name}: redraw", f"{redraw:.1f} ms", "≤ 16 ms"


def show(row: Row) -> None:
    """Print one row of the table."""
    what, measured, budget = row
    print(f"{what:<52}{measured:>10}   {budget}", flush=True)


def main() -> None:
    """Print the table, row by row as it is measured."""
    show(("what", "measured", "budget"))
    for row in notebook_times():
        show(row)
    with tempfile.TemporaryDirectory() as folder:
        for row in build_times(Path(folder)):
            show(row)
        if not find_browser():
            sys.exit(
                "no chromium or google-chrome on PATH: the pages were not measured"
            )
        site = Path(folder, "_build", "html")
        with serve(site) as address, open_browser() as browser:
            for measure in (page_weights, figure_times):
                for row in measure(site, address, browser):
                    show(row)
    for module in ("tools.bench_step", "tools.bench_network"):
        # In a process of its own, which stays on one processor.
        subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
