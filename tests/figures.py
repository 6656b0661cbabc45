"""An interactive figure on an empty page, and what it says: for the tests of each."""

import base64
import functools
from contextlib import contextmanager


@functools.cache  # to open a tab takes four times as long as to draw a figure
def _tab(browser, **options):
    return browser.new_page(**options)


@contextmanager
def drawn(browser, figure, **options):
    """Draw a figure on an empty page, with the simplest of models."""
    state = figure.get_state()
    page = _tab(browser, **options)
    page.goto("about:blank")
    page.set_viewport_size({"width": 800, "height": 900})
    page.set_content("<body><div id=at></div>")
    page.add_style_tag(content=state.pop("_css"))
    module = base64.b64encode(state.pop("_esm").encode()).decode()
    traits = {name: state[name] for name in ("start", *state["start"])}
    page.evaluate(
        """async ([module, state]) => {
            const figure = await import("data:text/javascript;base64," + module);
            const heard = window.heard = {};
            window.model = {
                get: (name) => state[name],
                set: (name, value) => { state[name] = value; heard[name] = true;
                    (window.listeners["change:" + name] ?? []).forEach((f) => f()); },
                save_changes() {},
                on: (event, f) => (window.listeners[event] ??= []).push(f),
                off: (event, f) => { window.listeners[event] =
                    window.listeners[event].filter((g) => g !== f); },
            };
            window.listeners = {};
            window.again = module;
            window.cleanup = figure.default.render(
                { model: window.model, el: document.getElementById("at") });
        }""",
        [module, traits],
    )
    yield page
    page.mouse.move(0, 0)  # so that it is not over the next figure


def values(page, kind):
    nodes = page.locator(f"[data-{kind}]")
    texts = nodes.evaluate_all(
        f"all => all.map(n => [n.getAttribute('data-{kind}'), n.textContent])"
    )
    return {name: text for name, text in texts if text}


def words(locator):
    return " ".join(locator.inner_text().split())
