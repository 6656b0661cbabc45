"""Running and normalising notebooks: the tools behind `make execute`."""

import copy
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import execute, notebooks


def notebook(*cells):
    return new_notebook(cells=list(cells))


def saved(path, *cells):
    notebooks.write(path, notebook(*cells))
    return path


def run(*sources):
    nb = notebook(*(new_code_cell(source) for source in sources))
    return notebooks.execute(nb, notebooks.ROOT / "chapters.ipynb")


def test_two_runs_give_the_same_bytes_whatever_an_editor_left_behind():
    sources = [
        "import ipywidgets",
        "print(1, flush=True)\nprint({str(i) for i in range(20)}, flush=True)",
        "ipywidgets.interact(lambda n: print(n), n=(0, 4));",
    ]
    first = run(*sources)
    edited = copy.deepcopy(first)
    edited.metadata.kernelspec = {"name": "mine", "display_name": "My kernel"}
    edited.metadata.language_info.version = "3.99"
    for cell in edited.cells:
        cell.id, cell.execution_count = cell.id[::-1], 7
        cell.metadata.scrolled = True
        cell.metadata.execution = {"iopub.status.busy": "2026-01-01"}
    edited.cells.append(new_code_cell(""))
    second = notebooks.execute(edited, notebooks.ROOT / "chapters.ipynb")
    assert notebooks.dumps(second) == notebooks.dumps(first)
    assert [cell.execution_count for cell in second.cells] == [1, 2, 3]
    assert len(second.cells[1].outputs) == 1  # flushed twice, one stream


def test_a_measured_figure_stays_until_its_source_changes():
    draw = (
        "import time\nfrom IPython.display import SVG\n"
        "SVG(f'<svg xmlns=\"http://www.w3.org/2000/svg\"><!--{time.time_ns()}--></svg>')"
    )
    path = notebooks.ROOT / "chapters.ipynb"

    def figure(nb):
        return nb.cells[0].outputs[0].data[notebooks.FIGURE]

    cell = new_code_cell(draw, metadata={"tags": [notebooks.MEASURED]})
    first = notebooks.execute(notebook(cell), path)
    assert notebooks.execute(first, path) == first
    edited = copy.deepcopy(first)
    edited.cells[0].source += "  # again"
    assert figure(notebooks.execute(edited, path)) != figure(first)
    untagged = copy.deepcopy(first)
    untagged.cells[0].metadata.tags = []
    assert figure(notebooks.execute(untagged, path)) != figure(first)


def test_what_a_widget_prints_makes_no_cell_wait(monkeypatch):
    monkeypatch.setattr(notebooks, "CELL_TIMEOUT", 20)
    prints = [f"with out:\n    print({i})" for i in range(60)]
    start = time.monotonic()
    run("import ipywidgets\nout = ipywidgets.Output()", *prints)
    # A reply that is overlooked is found at the timeout; all 60 take a second.
    assert time.monotonic() - start < notebooks.CELL_TIMEOUT


def test_random_widget_ids_become_numbers_and_chosen_ones_stay():
    nb = run(
        "import ipywidgets",
        "layout = ipywidgets.Layout(model_id='chosen-layout')\n"
        "ipywidgets.IntSlider(model_id='chosen', layout=layout)",
        "ipywidgets.IntSlider()",
    )
    state = nb.metadata.widgets[notebooks.WIDGET_STATE].state
    assert {"chosen", "chosen-layout", "widget-1", "widget-2"} <= set(state)
    assert not any(notebooks.RANDOM_ID.search(model) for model in state)
    view = nb.cells[2].outputs[0].data["application/vnd.jupyter.widget-view+json"]
    slider = state[view.model_id]
    assert slider.model_name == "IntSliderModel"
    assert slider.state.layout.removeprefix("IPY_MODEL_") in state


def test_normalising_twice_changes_nothing():
    nb = notebook(
        new_markdown_cell("text\r\nmore\n"),
        new_code_cell("x = 1", outputs=[new_output("stream", text="1")]),
        new_code_cell("x = 1"),
        new_code_cell("  \n"),
    )
    once = notebooks.normalise(nb)
    assert notebooks.normalise(once) == once
    assert [cell.source for cell in once.cells] == ["text\nmore", "x = 1", "x = 1"]
    assert len({cell.id for cell in once.cells}) == 3
    nbformat.validate(once)


def test_a_cell_id_depends_on_its_own_source_only():
    a, b = new_markdown_cell("a"), new_markdown_cell("b")
    alone = notebooks.normalise(notebook(b)).cells[0].id
    assert notebooks.normalise(notebook(a, b)).cells[1].id == alone


@pytest.mark.parametrize(
    ("tag", "flag"),
    [("hide-output", "outputs_hidden"), ("hide-input", "source_hidden")],
)
def test_what_the_page_folds_jupyterlab_folds(tag, flag):
    tagged = new_code_cell("1", metadata={"tags": [tag]})
    untagged = new_code_cell("2", metadata={"jupyter": {flag: True}})
    nb = notebooks.normalise(notebook(tagged, untagged))
    assert nb.cells[0].metadata == {"tags": [tag], "jupyter": {flag: True}}
    assert nb.cells[1].metadata == {}


def test_our_own_metadata_stays():
    metadata = {"backprop": {"a": 1}, "mystnb": {"image": {"alt": "x"}}, "tags": ["t"]}
    nb = notebook(new_code_cell("1", metadata=metadata | {"trusted": True}))
    nb.metadata.backprop = {"b": 2}
    nb = notebooks.normalise(nb)
    assert nb.cells[0].metadata == metadata
    assert nb.metadata.backprop == {"b": 2}
    assert "version" not in nb.metadata.language_info


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero"),
        ("import os\nos._exit(1)", "ended the kernel"),
    ],
)
def test_a_failing_cell_is_named_and_the_file_stays(tmp_path, capsys, source, words):
    cells = [new_markdown_cell("# T"), new_code_cell("print(1)"), new_code_cell(source)]
    path = saved(tmp_path / "bad.ipynb", *cells)
    before = path.read_bytes()
    assert execute.main([str(path)]) == 1
    printed = capsys.readouterr().out
    assert f"bad.ipynb, cell 3 of 3 ({source.splitlines()[0]!r})" in printed
    assert words in printed
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_slow_cell_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "CELL_TIMEOUT", 1)
    nb = notebook(new_code_cell("import time\ntime.sleep(30)"))
    with pytest.raises(notebooks.NotebookError, match="longer than 1 seconds"):
        notebooks.execute(nb, tmp_path / "slow.ipynb")


def test_writes_the_result_once(tmp_path, capsys):
    path = saved(tmp_path / "good.ipynb", new_code_cell("print(6 * 7)"))
    assert execute.main([str(path)]) == 0
    assert "written" in capsys.readouterr().out
    assert notebooks.read(path).cells[0].outputs[0].text == "42\n"
    assert b"\r" not in path.read_bytes()
    assert execute.main([str(path)]) == 0
    assert "unchanged" in capsys.readouterr().out


def test_the_kernel_works_in_the_notebooks_folder(tmp_path):
    (tmp_path / "data.txt").write_text("here", encoding="utf-8")
    path = saved(tmp_path / "n.ipynb", new_code_cell("print(open('data.txt').read())"))
    nb = notebooks.execute(notebooks.read(path), path)
    assert nb.cells[0].outputs[0].text == "here\n"


@pytest.mark.parametrize(
    ("path", "words"),
    [("chapters/none.ipynb", "no such file"), ("exercises", "no such file")],
)
def test_refuses_what_is_not_there(path, words, capsys):
    assert execute.main([path]) == 1
    assert words in capsys.readouterr().out


def test_refuses_generated_notebooks(capsys):
    for path in notebooks.paths("exercises")[:1]:
        assert execute.main([str(path)]) == 1
        assert "make exercises" in capsys.readouterr().out
