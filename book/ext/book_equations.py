"""Equations: drawn at build time, numbered by chapter, and marked when verified.

- KaTeX draws each formula while the book is built, in the `node` that Playwright's
  wheel carries: no reader's browser and no machine that builds the book needs more.
  What KaTeX cannot read is a warning with the file's name, which `-W` makes an error.
- Equations, figures and tables of `NN_name` are numbered (NN.n), here and in
  references; those of other pages (n).
- Beside its number, an equation that a test verifies gets a check mark, which leads to
  its row in the table of the `{verified-equations}` directive. One that no test
  verifies is a warning.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from playwright._impl._driver import compute_driver_executable
from sphinx.domains.math import MathDomain
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinxcontrib import katex
from verifications import find_verifications

logger = logging.getLogger(__name__)

katex.NODEJS_BINARY = compute_driver_executable()[0]
katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True}
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60  # seconds: a busy machine is no error


class KaTeXServer(katex.KaTeXServer):
    """The extension's, with a server that never outlives the build."""

    @classmethod
    def start_server_process(cls, rundir, timeout):
        """Start the server; one whose socket is there too early is started again."""
        for _ in range(20):
            try:
                return super().start_server_process(rundir, timeout)
            except ConnectionRefusedError:
                (rundir / "katex.sock").unlink(missing_ok=True)
        raise katex.KaTeXError("KaTeX's server does not answer")

    @classmethod
    def build_command(cls, socket=None, port=None):
        """Return the command that starts the server."""
        node, *arguments = super().build_command(socket, port)
        guard = str(Path(__file__).with_name("end_with_parent.js"))
        return [node, "--require", guard, *arguments]


katex.KaTeXServer = KaTeXServer

OPENING, CLOSING = "(“[", ".,;:!?)”]’"  # what touches the formula after or before it


# --- numbers --------------------------------------------------------------------------


def chapter_of(docname: str) -> int | None:
    """Return 3 for `chapters/03_sigmoid_neuron`, None for a page outside chapters."""
    match = re.match(r"(\d+)_", docname.rpartition("/")[2])
    return int(match[1]) if match else None


class BookMathDomain(MathDomain):
    """Sphinx's, with equations numbered (chapter.n)."""

    def note_equation(self, docname, labelid, location=None):
        """Give a newly read equation its number."""
        super().note_equation(docname, labelid, location)
        if (chapter := chapter_of(docname)) is not None:
            serial = self.equations[labelid][1]
            self.equations[labelid] = (docname, f"{chapter}.{serial}")


def number_figures_by_chapter(app, env):
    """Make figures and tables 3.1, 3.2 … in chapter 3, and 1, 2 … on other pages."""
    for docname, kinds in env.toc_fignumbers.items():
        chapter = chapter_of(docname)
        front = () if chapter is None else (chapter,)
        for kind, numbers in kinds.items():
            kinds[kind] = {
                figure: (*front, n) for n, figure in enumerate(numbers, start=1)
            }
    return []


# --- drawing --------------------------------------------------------------------------


def draw(latex: str, node: nodes.Element, **options) -> str:
    """Return the HTML of a formula, or warn and return its source."""
    try:
        return katex.render_latex(latex, options)
    except katex.KaTeXError as error:
        logger.warning("%s", error, location=node)
        return f"<code>{escape(latex)}</code>"


def keep_punctuation(app, doctree, docname):
    """Give an inline formula the punctuation that touches it.

    A browser may break the line on either side of a formula, even before a comma.
    """
    for node in doctree.findall(nodes.math):
        parent, place = node.parent, node.parent.index(node)
        if place > 0 and isinstance(text := parent[place - 1], nodes.Text):
            parent[place - 1] = rest = nodes.Text(text.rstrip(OPENING))
            node["before"] = text[len(rest) :]
        if place + 1 < len(parent) and isinstance(
            text := parent[place + 1], nodes.Text
        ):
            parent[place + 1] = rest = nodes.Text(text.lstrip(CLOSING))
            node["after"] = text[: len(text) - len(rest)]


def visit_math(self, node):
    """Write an inline formula."""
    formula = f'<span class="math">{draw(node.astext(), node)}</span>'
    before, after = escape(node.get("before", "")), escape(node.get("after", ""))
    if before or after:
        formula = f'<span class="unbroken">{before}{formula}{after}</span>'
    self.body.append(formula)
    raise nodes.SkipNode


def visit_math_block(self, node):
    """Write a displayed formula, with its number and check mark if it has a label."""
    number = ""
    if node["number"]:
        mark = check_mark(self.builder, node["label"])
        number = f'<span class="eqno">{mark}({node["number"]})</span>'
    formula = draw(node.astext(), node, displayMode=True)
    self.body.append(
        self.starttag(node, "div", CLASS="math equation")
        + f'<div class="equation-body">{formula}</div>{number}</div>\n'
    )
    raise nodes.SkipNode


# --- verification ---------------------------------------------------------------------


def check_mark(builder, label: str) -> str:
    """Return the link from a verified equation to its row in the table, or nothing."""
    env = builder.env
    tests = env.verifications.get(label)
    if not tests or not env.verified_table:
        return ""
    page = builder.get_relative_uri(builder.current_docname, env.verified_table)
    title = "Verified by " + ", ".join(tests)
    return (
        f'<a class="verified" href="{page}#{row_id(label)}" title="{escape(title)}"'
        f' aria-label="{escape(title)}">✓</a>'
    )


def row_id(label: str) -> str:
    """Return the id of an equation's row in the table."""
    return nodes.make_id(f"verified-{label}")


def read_verifications(app, env, added, changed, removed):
    """Read the tests' marks; return the pages whose equations' marks have changed."""
    old = getattr(env, "verifications", {})
    env.verifications = find_verifications(Path(app.srcdir, "tests"))
    env.verified_table = getattr(env, "verified_table", None)
    env.numbered_equations = getattr(env, "numbered_equations", {})
    now = env.verifications
    return [
        docname
        for docname, equations in env.numbered_equations.items()
        if any(old.get(e["label"]) != now.get(e["label"]) for e in equations)
    ]


def collect_equations(app, doctree):
    """Note a page's numbered equations, for the table and the check."""
    app.env.numbered_equations[app.env.docname] = [
        {
            "label": node["label"],
            "number": node["number"],
            "latex": node.astext(),
            "line": node.line,
        }
        for node in doctree.findall(nodes.math_block)
        if node["number"]
    ]


def forget_page(app, env, docname):
    """Forget a page that is read again or has gone."""
    env.numbered_equations.pop(docname, None)
    if env.verified_table == docname:
        env.verified_table = None


def update_table(app, env):
    """Write the table anew in every build: any page may have changed it."""
    return [env.verified_table] if env.verified_table else []


def warn_of_unverified(app, env):
    """Warn of every numbered equation that no test verifies."""
    for docname, equations in env.numbered_equations.items():
        for equation in equations:
            if equation["label"] not in env.verifications:
                logger.warning(
                    "equation (%s) '%s' is verified by no test: mark one with "
                    '@pytest.mark.verifies("%s")',
                    equation["number"],
                    equation["label"],
                    equation["label"],
                    location=(docname, equation["line"]),
                )


class verified_table(nodes.General, nodes.Element):  # noqa: N801 (docutils' custom)
    """Where the table of verified equations will stand."""


class VerifiedEquations(SphinxDirective):
    """The `{verified-equations}` directive: one table of all numbered equations."""

    def run(self):
        """Leave a placeholder: the equations are known when all pages are read."""
        self.env.verified_table = self.env.docname
        return [verified_table()]


def fill_table(app, doctree, docname):
    """Put the table in the placeholder's place, in the order of the book."""
    for placeholder in list(doctree.findall(verified_table)):
        order = {name: i for i, name in enumerate(reading_order(app.env))}
        pages = sorted(
            app.env.numbered_equations, key=lambda name: order.get(name, len(order))
        )
        rows = [
            table_row(app, docname, page, equation)
            for page in pages
            for equation in app.env.numbered_equations[page]
        ]
        placeholder.replace_self(
            table(["Number", "Equation and test"], rows)
            if rows
            else nodes.paragraph(text="No equation is numbered yet.")
        )


def reading_order(env):
    """Yield the names of the pages as the table of contents has them."""
    seen, todo = set(), [env.config.root_doc]
    while todo:
        docname = todo.pop()
        if docname not in seen:
            seen.add(docname)
            yield docname
            todo.extend(reversed(env.toctree_includes.get(docname, [])))


def table_row(app, here, page, equation):
    """Return a row: the number, a link to it; the formula above its tests' names."""
    label = equation["label"]
    anchor = nodes.make_id(f"equation-{label}")
    url = f"{app.builder.get_relative_uri(here, page)}#{anchor}"
    link = nodes.reference("", f"({equation['number']})", refuri=url, internal=True)
    formula = nodes.math("", r"\displaystyle " + equation["latex"])
    cells = [
        [nodes.paragraph("", "", link)],
        [nodes.paragraph("", "", formula, classes=["formula"])]
        + [
            nodes.paragraph("", "", nodes.literal(text=test))
            for test in app.env.verifications.get(label, [])
        ],
    ]
    entries = [nodes.entry("", *cell) for cell in cells]
    return nodes.row("", *entries, ids=[row_id(label)])


def table(titles, rows):
    """Return a docutils table."""
    head = nodes.row("", *(nodes.entry("", nodes.paragraph(text=t)) for t in titles))
    group = nodes.tgroup(
        "",
        *(nodes.colspec(colwidth=1) for _ in titles),
        nodes.thead("", head),
        nodes.tbody("", *rows),
        cols=len(titles),
    )
    return nodes.table("", group, classes=["verified-equations"])


def setup(app):
    """Register all of it with Sphinx."""
    app.add_domain(BookMathDomain, override=True)
    app.add_html_math_renderer("book", (visit_math, None), (visit_math_block, None))
    app.config.html_math_renderer = "book"
    app.config.math_numfig = False  # the numbers above, not Sphinx's figure counter
    app.add_node(verified_table)
    app.add_directive("verified-equations", VerifiedEquations)
    app.connect("env-get-outdated", read_verifications)
    app.connect("env-purge-doc", forget_page)
    app.connect("doctree-read", collect_equations)
    # after Sphinx's own numbering, which is at the default priority, 500
    app.connect("env-get-updated", number_figures_by_chapter, priority=600)
    app.connect("env-get-updated", update_table)
    app.connect("env-check-consistency", warn_of_unverified)
    app.connect("doctree-resolved", fill_table)
    app.connect("doctree-resolved", keep_punctuation)
    return {"version": "1"}
