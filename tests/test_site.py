"""Every page of the built site, looked at in a browser."""

from collections import defaultdict
from contextlib import suppress

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError

from backprop.neuron import derivative_sigmoid, sigmoid

# What the document itself asks of other sites, loaded or not (an image far down a page
# may wait until it is scrolled to).
OTHER_SITES = """
[...document.querySelectorAll("[src], [srcset], link[href], object[data], use[href]")]
  .flatMap(e => [e.src, e.srcset, e.tagName === "A" ? "" : e.href, e.data])
  .filter(url => typeof url === "string" && /^(https?:)?[/][/]/.test(url))
  .filter(url => !url.startsWith(location.origin))
"""
OPEN_ALL = "document.querySelectorAll('details').forEach(e => { e.open = true })"
DEAD_FIGURES = """
[...document.querySelectorAll("script[type$='widget-view+json']")]
  .filter(e => !e.nextElementSibling?.matches(".figure-live:not(:empty)"))
  .map(e => e.textContent)
"""
# Without preload: axe would fetch style sheets again, from addresses it gets wrong.
AXE = {"preload": False, "resultTypes": ["violations"]}
COLOURS = ["color-contrast", "link-in-text-block"]
ABOUT_COLOURS = AXE | {"runOnly": COLOURS}
ALL_ELSE = AXE | {"rules": {rule: {"enabled": False} for rule in COLOURS}}
# What axe says of all else follows from what is there and what of it is shown.
SHOWN = """
document.body.innerHTML.replaceAll(/ (data-new|style)="[^"]*"/g, "") +
[...document.querySelectorAll("body *")]
  .map(e => Number(e.checkVisibility({visibilityProperty: true}))).join("")
"""
# What it says of colours takes it longer than all else: it looks at each text anew, ten
# thousand on some pages. But that follows from the text's *look*: its font, its colour,
# and what the boxes around it paint. Marked is the first text of each look, and what is
# afloat: it may lie on something else than the boxes around it.
MARK_NEW_LOOKS = """
known => {
  known = new Set(known);
  document.querySelectorAll("[data-new]").forEach(e => e.removeAttribute("data-new"));
  const boxes = new Map([[null, {look: "", color: "", afloat: false}]]);
  const box = e => {
    if (!boxes.has(e)) {
      const s = getComputedStyle(e), outer = box(e.parentElement);
      const {color, backgroundColor: background} = s;
      const paints = [background, s.backgroundImage, s.opacity, s.filter];
      const adds = [...paints, s.textDecorationLine].join();
      const nothing = adds === "rgba(0, 0, 0, 0),none,1,none,none";
      const moves = /absolute|fixed|sticky/.test(s.position);
      boxes.set(e, {
        look: outer.look + (color === outer.color ? "" : color) + (nothing ? "" : adds),
        color,
        afloat: !background.startsWith("rgb(") && (moves || outer.afloat),
      });
    }
    return boxes.get(e);
  };
  const texts = new Map();
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const {data, parentElement} = nodes.currentNode;
    texts.set(parentElement, (texts.get(parentElement) ?? "") + data);
  }
  for (const e of document.querySelectorAll("input, select, textarea"))
    texts.set(e, "what is typed in");
  for (const [e, text] of texts) {
    if (text.trim().length < 2) continue;  // axe says nothing of a single character
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    if (e.closest(".katex-mathml, title, desc")) continue;  // nobody sees it
    const s = getComputedStyle(e), {look, afloat} = box(e);
    const all = [s.fontSize, s.fontWeight, s.textShadow, look].join();
    if (afloat || !known.has(all)) (e.closest("a[href]") ?? e).dataset.new = "";
    known.add(all);
  }
  return [...known];
}
"""
NO_ALT_TEXT = """
[...document.querySelectorAll("img")].filter(e => !e.alt.trim()).map(e => e.src)
"""
# What reaches beyond the right edge, and no box of its own scrolls.
SIDEWAYS = """
document.documentElement.scrollWidth <= innerWidth ? [] :
[...document.querySelectorAll("main *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .filter(e => {
    for (let p = e.parentElement; p !== document.body; p = p.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX)) return false;
    return true;
  })
  .slice(0, 3).map(e => e.outerHTML.slice(0, 100)).concat(["(the page scrolls)"])
"""


@pytest.fixture(scope="session")
def findings(site, address, browser):
    """Open each page once; return `{property: ["page: what is wrong", ...]}`."""
    found, known_looks = defaultdict(list), []

    def note(what, items):
        found[what] += [f"{name}: {item}" for item in items]

    def on_request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            note("other sites", [request.url])

    def on_response(response):
        if response.status >= 400:
            note("failed requests", [f"{response.status} {response.url}"])

    def on_console(message):
        if message.type == "error":
            note("errors", [message.text])

    def on_failure(request):
        note("failed requests", [f"{request.failure} {request.url}"])

    # No motion: no colour is half way when axe looks. One tab for all pages: a tab for
    # each doubles the time that it takes to open them.
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(10_000)
    page.on("request", on_request)
    page.on("response", on_response)
    page.on("requestfailed", on_failure)
    page.on("console", on_console)
    page.on("pageerror", lambda error: note("errors", [str(error)]))
    for file in sorted(site.rglob("*.html")):
        if "_static" in file.parts or file == site / "index.html":  # only redirects
            continue
        name = file.relative_to(site).as_posix()
        known_looks = look_at(page, address + name, note, known_looks)
    page.close()
    return found


def look_at(page, url, note, known_looks):
    """Open one page and note what is wrong with it; return the looks known then."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(url)
    note("other sites", page.evaluate(OTHER_SITES))
    note("alt text", page.evaluate(NO_ALT_TEXT))
    note("equations", page.locator(".katex-error").all_inner_texts())

    with suppress(TimeoutError):
        page.wait_for_function(f"({DEAD_FIGURES}).length === 0")
    note("figures", page.evaluate(DEAD_FIGURES))

    # What is folded counts too.
    page.evaluate(OPEN_ALL)
    shown_before = None
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.locator(f"html[data-theme={theme}]").wait_for()
        shown = page.evaluate(SHOWN)
        known_looks = page.evaluate(MARK_NEW_LOOKS, known_looks)
        runs = []
        if page.locator("[data-new]").count():
            runs += [(ABOUT_COLOURS, {"include": [["[data-new]"]]})]
        if shown != shown_before:
            runs += [(ALL_ELSE, None)]
        shown_before = shown
        for options, context in runs:
            found_by_axe = Axe().run(page, context=context, options=options).response
            for violation in found_by_axe["violations"]:
                where = " ".join(node["html"][:200] for node in violation["nodes"][:3])
                note("axe", [f"({theme}) {violation['help']}: {where}"])
    for figure in page.locator(".figure-live").all():
        for slider in figure.get_by_role("slider").all():
            before = figure.inner_html()
            slider.press("ArrowLeft")
            if figure.inner_html() == before:
                note("dead sliders", [slider])
    page.set_viewport_size({"width": 390, "height": 844})
    note("sideways", page.evaluate(SIDEWAYS))
    return known_looks


@pytest.mark.parametrize(
    "what",
    [
        "other sites",
        "failed requests",
        "errors",
        "alt text",
        "equations",
        "figures",
        "dead sliders",
        "sideways",
        "axe",
    ],
)
def test_no_page_has_a_problem_with(what, findings):
    if problems := list(dict.fromkeys(findings[what])):
        pytest.fail("\n".join(problems), pytrace=False)


def test_the_build_has_the_pages_that_it_must(site):
    pages = ["index", "search", "book/index", "chapters/03_sigmoid_neuron"]
    assert [name for name in pages if not (site / f"{name}.html").exists()] == []


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_works_offline(scheme, site, address, browser):
    errors = []
    context = browser.new_context(offline=scheme == "file")
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    start = address if scheme == "http" else site.as_uri() + "/"
    page.goto(start + "search.html?q=sigmoid")
    page.locator("#search-results li a").first.wait_for()
    page.get_by_text("Search finished").wait_for()
    links = page.locator("#search-results li a").evaluate_all("a => a.map(a => a.href)")
    context.close()
    assert any("chapters/03_sigmoid_neuron" in link for link in links)
    assert errors == []


# --- interactive figures --------------------------------------------------------------


def pages_with_the_neuron(site):
    """Return the names of the pages that hold its figure."""
    return [
        file.relative_to(site).as_posix()
        for file in sorted(site.rglob("*.html"))
        if "widgets.neuron.NeuronFigure" in file.read_text(encoding="utf-8")
    ]


def number(text):
    """Read a number as the figure writes it: −0.25, 1.5·10⁻⁶."""
    plain = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    return float(plain.replace("·10", "e"))


def numbers(figure):
    """Return the numbers that the graph shows: the values, and the gradients."""
    return [
        {
            name: number(text)
            for name, text in figure.locator(f"[data-{kind}]").evaluate_all(
                f"items => items.map(e => [e.dataset.{kind}, e.textContent])"
            )
            if text
        }
        for kind in ("value", "gradient")
    ]


def assert_right(figure):
    """Compare every number that the figure shows with Python's own; return them."""
    shown = numbers(figure)
    s = shown[0]
    w, x = np.array([s["w1"], s["w2"]]), np.array([s["x1"], s["x2"]])
    z = w @ x + s["b"]
    a = sigmoid(z)
    da = a - s["y"]
    dz = da * derivative_sigmoid(z)
    values = {**s, "p1": w[0] * x[0], "p2": w[1] * x[1], "z": z, "a": a, "L": da**2 / 2}
    gradients = {"a": da, "z": dz, "b": dz}
    gradients |= {"w1": dz * x[0], "w2": dz * x[1], "x1": dz * w[0], "x2": dz * w[1]}
    for got, expected in zip(shown, (values, gradients), strict=True):
        # The inputs are shown to four decimals, and z may have the errors of five.
        close = {name: pytest.approx(expected[name], abs=6e-4) for name in got}
        assert got == close
    return shown


def open_neuron(context, address, name):
    """Open a page and return the first figure of the neuron on it."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(address + name)
    figure = page.get_by_role("group", name="a sigmoid neuron").first
    figure.wait_for()
    figure.scroll_into_view_if_needed()
    return figure


def test_the_neuron_figure_is_in_the_index_and_in_the_chapter(site):
    pages = pages_with_the_neuron(site)
    assert {"book/index.html", "chapters/03_sigmoid_neuron.html"} <= set(pages)


def by_keyboard(button):
    """Press a button with the keyboard alone."""
    button.focus()
    button.press("Enter")


def by_mouse(button):
    """Click a button."""
    button.click()


def by_touch(button):
    """Tap a button."""
    button.tap()


@pytest.mark.parametrize("press", [by_keyboard, by_mouse, by_touch])
def test_the_figure_answers(press, site, address, browser):
    context = browser.new_context(has_touch=press is by_touch, reduced_motion="reduce")
    for name in pages_with_the_neuron(site):
        figure = open_neuron(context, address, name)

        def push(label, figure=figure):
            press(figure.get_by_role("button", name=label))

        push("Reset")
        while figure.get_by_role("button", name="Step back").is_enabled():
            push("Step back")
        assert assert_right(figure)[1] == {}, "nothing is known before the walk"
        for _ in range(11):
            push("Step forward")
            _, gradients = assert_right(figure)
        assert len(gradients) == 7, "the walk ends with every gradient"

        for slider in figure.get_by_role("slider").all():
            before = numbers(figure)
            if press is by_keyboard:
                slider.focus()
                slider.press("ArrowLeft")
            else:
                box = slider.bounding_box()
                spot = {"x": box["width"] * 0.15, "y": box["height"] / 2}
                (slider.tap if press is by_touch else slider.click)(position=spot)
            assert assert_right(figure) != before, slider.get_attribute("data-input")

        loss = numbers(figure)[0]["L"]
        push("Take a step downhill")
        assert assert_right(figure)[0]["L"] < loss
    context.close()
