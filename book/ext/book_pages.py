"""The pages: lighter than the theme's, with figures that respond and folded answers.

- Font Awesome goes (a 1.5 MB script, three fonts, a quarter of the style sheet); the
  few icons in use are drawn by `book.css`.
- An anywidget figure lives in the page without a kernel (`anywidget-static.js`).
  Without JavaScript, and for a widget that does need a kernel, the page says so.
- What a notebook folds is labelled by what the reader will find: the answer or the
  code.
- The templates in `templates/` put the sidebar in a landmark, and write the page's
  buttons and its footer.
"""

import json
import re
import shutil
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

VIEW = "application/vnd.jupyter.widget-view+json"

NEEDS_JAVASCRIPT = (
    '<noscript><p class="figure-note">This figure responds to you: it needs '
    "JavaScript, from this site only.</p></noscript>"
)
NEEDS_KERNEL = (
    '<p class="figure-note">These controls work in a running notebook only: download '
    "this page as a notebook and open it in JupyterLab.</p>"
)


# --- widgets --------------------------------------------------------------------------


def prepare_widgets(app, doctree):
    """Keep of the widgets' saved state what the page can use; say what it cannot.

    A notebook's state holds every widget that it ever made. The page needs those of
    anywidget, whose program is part of the state.
    """
    files = app.env.nb_metadata.get(app.env.docname, {}).get("js_files", {})
    if "ipywidgets_state" not in files:
        return
    _, script = files["ipywidgets_state"]
    document = json.loads(script["body"])
    document["state"] = {
        name: model
        for name, model in document["state"].items()
        if model["model_module"] == "anywidget"
    }
    script["body"] = json.dumps(document).replace("</", r"<\/")
    if not document["state"]:
        for name in [name for name in files if name.startswith("ipywidgets_")]:
            del files[name]

    for view in list(doctree.findall(nodes.raw)):
        if VIEW in view.astext():
            model_id = json.loads(re.sub(r"<[^>]*>", "", view.astext()))["model_id"]
            if model_id in document["state"]:
                view.parent.append(nodes.raw("", NEEDS_JAVASCRIPT, format="html"))
            else:
                view.replace_self(nodes.raw("", NEEDS_KERNEL, format="html"))


# --- folded cells ---------------------------------------------------------------------


def open_fold(self, node):
    """Start a folded part of a cell, labelled by what is in it."""
    what = "code" if "above-input" in node["classes"] else "answer"
    self.body.append(
        f'<details class="fold fold-{what}">\n'
        f'<summary><span class="closed">Show the {what}</span>'
        f'<span class="opened">Hide the {what}</span></summary>\n'
    )


def close_fold(self, node):
    """End a folded part of a cell."""
    self.body.append("</details>\n")


# --- templates and mends --------------------------------------------------------------


def complete_page(app, pagename, templatename, context, doctree):
    """Give the templates what they need, and mend a role that ARIA has given up."""
    context["without_fontawesome"] = lambda html: re.sub(
        r"<script [^>]*fontawesome\.js[^>]*></script>", "", html
    )
    source = context.get("sourcename") or ""
    context["notebook"] = source if source.endswith(".ipynb") else None
    body = context.get("body", "")
    context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')


# --- weight ---------------------------------------------------------------------------


def slim(app, error):
    """Take out of the built site what no page uses."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for pattern in ("**/*.map", "**/fontawesome.js*", "**/*.scss"):
        for file in static.glob(pattern):
            file.unlink()
    for folder in ("vendor/fontawesome", "locales", "sbt-webpack-macros.html"):
        shutil.rmtree(static / folder, ignore_errors=True)
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    sheet.write_text(without_icon_font(sheet.read_text("utf-8")), "utf-8")


def without_icon_font(css: str) -> str:
    """Return a style sheet without Font Awesome's font faces and icon classes."""
    css = re.sub(r"@font-face\{[^}]*Font Awesome[^}]*\}", "", css)
    icon = r"\.fa-[a-z0-9-]+(?:::?before)?"
    return re.sub(rf"(?<=[}}/]){icon}(?:,{icon})*\{{[^}}]*\}}", "", css)


def setup(app):
    """Register all of it with Sphinx."""
    # Jupyter Book sets it for an extension that we do not load.
    app.add_config_value("comments_config", {}, "")
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
    app.connect("doctree-read", prepare_widgets)
    app.connect("html-page-context", complete_page)
    app.connect("build-finished", slim)
    return {"version": "1"}
