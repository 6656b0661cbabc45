"""What several test files share: the built site, and a browser to look at it."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from browser import find_browser, open_browser, serve
from hypothesis import settings

from tools.notebooks import KERNEL_ENVIRONMENT

# The same examples in each run, and no clock: a busy machine is no error.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")

os.environ |= KERNEL_ENVIRONMENT  # for the kernels that nbval starts

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "book" / "ext"))  # the book's Sphinx extensions


def pytest_collection_modifyitems(items):
    """Begin with the pages, which take longest, so that no worker waits for them."""
    items.sort(key=lambda item: item.path.name != "test_site.py")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Build the book anew, outside the working tree; a warning is a failure."""
    out = tmp_path_factory.mktemp("site")
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    options = ["-q", "-W", "-n", "--keep-going", "--path-output", str(out)]
    build = subprocess.run(
        [str(jupyter_book), "build", str(ROOT), *options],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if build.returncode:
        warnings = re.sub(r"\x1b\[[\d;]*m", "", build.stderr)  # without their colours
        pytest.fail(f"The book does not build:\n{warnings}", pytrace=False)
    return out / "_build" / "html"


@pytest.fixture(scope="session")
def address(site):
    """Serve the built site; the address ends in a slash."""
    with serve(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Start the system's Chromium or Chrome, without the network."""
    if not find_browser():
        message = "no chromium or google-chrome on PATH: the pages were not looked at"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def script(browser):
    """Evaluate JavaScript with each figure's module loaded under its class's name."""
    from backprop import widgets  # not at the top: it takes as long as all of the rest

    page = browser.new_page()
    for name in widgets.__all__:
        code = getattr(widgets, name)().get_state()["_esm"].encode()
        module = "data:text/javascript;base64," + base64.b64encode(code).decode()
        page.evaluate(f"async url => {{ window.{name} = await import(url) }}", module)
    yield page.evaluate
    page.close()
