"""Every question: what is right passes, what is wrong fails with its own hint."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from backprop.checks import QUESTIONS
from backprop.checks.judge import judge, outcomes_of

ROOT = Path(__file__).parents[1]
SEEDS = range(3)
WRONG = [(q, w) for q in QUESTIONS.values() for w in q.wrong]
RIGHT = [(q, f) for q in QUESTIONS.values() for f in (q.reference, *q.right)]

# What the hint of each wrong answer must mention, and no other hint of its question
# does: said here independently, so that two hints that trade places are found.
MENTIONS = {
    "3.1": {
        "naive": "as it stands in the book",
        "exp_over_one_plus_exp": "inf / inf",
        "both_branches": "np.where",
        "clipped": "Clipping",
        "by_tanh": "tanh(z/2)",
        "no_minus": "minus sign",
        "plain_tanh": "another squash",
        "math_exp": "math.exp",
        "forgot_sign": "forgets the sign",
        "always_float64": "float64",
        "like_integers": "np.empty_like",
    },
    "3.2": {
        "squashed_twice": "σ′ of an activation",
        "not_squashed": "Squash z first",
        "crossed": "at the other's argument",
        "wrong_order": "in the wrong order",
        "slope_of_tanh": "1 − a²",
        "heights": "heights of the curve",
        "plus_sign": "a(1 + a)",
        "ignored_a": "computed from z too",
        "one_factor": "only one of the two factors",
    },
    "3.3": {
        "no_slope": "slope of the squash is missing",
        "slope_at_a": "σ′(a) instead of σ′(z)",
        "downhill": "You have y − a",
        "twice": "twice too large",
        "linear_neuron": "linear neuron",
        "bias_sums_weights": "not the sum of dw",
        "bias_without_slope": "db lost the slope",
        "column": "stand in a column",
        "gradient_of_input": "multiplied dz by w",
        "forgot_bias": "bias is missing",
        "bias_first": "wrong order",
        "no_error": "a − y, is missing",
    },
    "3.4": {
        "uphill": "walked uphill",
        "no_learning_rate": "lr is not in it",
        "stale": "after w had moved",
        "in_place": "w -= …",
        "bias_stays": "b stayed",
        "weights_stay": "w stayed",
        "returns_gradient": "These are the gradients",
        "returns_step": "These are the steps",
        "rate_for_weights_only": "b has none",
        "divides_by_rate": "divided by the learning rate",
        "step_without_slope": "leaves out σ′(z)",
        "double_step": "twice too long",
    },
    "3.5": {
        "untouched": "still the broken function",
        "slope_after_product": "still multiplies after the matrix product",
        "mean_slope": "averaged σ′",
        "mean_step": "step is divided by the number of rows",
        "rebinds": "gives the name to a new array",
        "returns_weights": "returned the new weights",
        "wrong_sign": "goes uphill",
        "without_slope": "slope of the squash is gone",
        "slope_of_activation": "derivative_sigmoid got the activation",
        "loss_after": "computed after the step",
        "loss_without_half": "twice too large",
        "mean_loss": "averaged over the rows",
        "loss_per_entry": "one number per row or output",
        "ignores_rate": "learning rate is not in your step",
        "no_loss": "nothing is returned",
    },
    "4.1": {
        "naive": "as it stands in the book",
        "clipped": "clip a at 10⁻⁷",
        "clipped_at_a_trillionth": "clip a at 10⁻¹²",
        "clipped_finely": "limit of 10⁻¹⁵",
        "added": "added inside the logarithm",
        "overflows": "right loss, but at z = 1000",
        "overflows_in_log1p": "keeps the digits for negative z",
        "no_log1p": "1 + e⁻⁴⁰ rounds to 1",
        "small_term_too_early": "their order is not",
        "no_bars": "without the bars",
        "plus_target": "sign slipped at zy",
        "no_max": "term max(z, 0) is missing",
        "squashed_first": "put a where the formula wants the logit",
        "logarithm_of_logit": "logarithm of z itself",
        "upside_down": "Every sign is turned",
        "rounded_target": "plain 0 or 1",
        "one_term": "Only the term with y",
        "averaged_loss": "You averaged",
        "python_max": "Python's max",
    },
    "4.2": {
        "summed": "1/N is missing",
        "twice_divided": "by N twice",
        "divided_by_size": "all entries of z",
        "divided_by_outputs": "length of the last axis",
        "downhill": "You have y − a",
        "slope_of_squared": "belongs to half squared error",
        "at_activation": "stopped at a",
        "uncancelled": "the product is nan",
        "not_squashed": "nothing was squashed",
        "squashed_twice": "squashed twice",
        "decided": "cut the answer to 0 or 1",
        "mean_miss": "the mean of all misses",
        "mean_over_rows": "averaged the misses over the rows",
        "the_loss": "This is the loss",
        "loss_too": "returned the loss too",
    },
    "4.3": {
        "divides": "Both slopes are right",
        "divides_rounded": "Two things get lost",
        "zero_for_nan": "decided for 0",
        "rounded": "One thing remains",
        "upside_down_ratio": "upside down",
        "slope_of_squared_only": "This is half squared error's slope",
        "slope_of_entropy_only": "This is a − y",
        "ratio_of_losses": "divided the losses",
        "stopped_at_activation": "stopped at a",
        "slope_at_a": "slope of σ at a",
        "form_of_z": "z(1 − z)",
        "without_half": "twice too large",
        "approximation": "e⁻|ᶻ|",
        "one_factor": "one of the two factors",
    },
    "4.4": {
        "diagonal": "off the diagonal",
        "shallow_limit": "The first uses the smallest curvature",
        "half_the_limit": "The first is half of the limit",
        "doubled_curvature": "Both rates are half",
        "by_condition": "condition number",
        "by_trace": "the trace",
        "by_norm": "np.linalg.norm",
        "unsorted": "no particular order",
        "steep_in_one_step": "wait for the shallow one",
        "mean_curvature": "mean of all curvatures",
        "geometric_mean": "root of the smallest",
        "factor_for_rate": "factor by which the fastest descent shrinks",
        "fastest_first": "in the wrong order",
        "limit_alone": "This is one rate",
        "curvatures": "These are curvatures",
    },
    "4.5": {
        "untouched": "still the broken function",
        "slope_left": "learn too slowly",
        "own_statistics": "with their own mean and spread",
        "statistics_of_all": "X and unseen together",
        "statistics_of_all_and_slope": "Two things are left",
        "unseen_raw": "went in as they came",
        "own_spread": "a spread of their own",
        "all_raw": "Nothing is standardised",
        "one_mean_for_all": "without axis=0",
        "only_centred": "do not divide by the spread",
        "spread_of_n_minus_1": "ddof=1",
        "ones_standardised": "column of ones was standardised",
        "no_bias": "column of ones is gone",
        "summed_loss": "went out together",
        "divided_twice": "by N twice",
        "uphill": "go uphill",
        "decided_answers": "yes and no",
        "logits": "answers are logits",
        "in_place": "caller's array",
    },
}


def verdict_on(question, function, seed):
    cases = question.draw(seed)
    return judge(question, cases, outcomes_of(function, cases))


def named(pairs):
    def name(item):
        return getattr(item, "name", None) or getattr(item, "__name__", None)

    return [pytest.param(q, x, id=f"{q.id}-{name(x)}") for q, x in pairs]


@pytest.mark.parametrize(("question", "function"), named(RIGHT))
def test_right_answers_pass(question, function):
    for seed in range(10):
        verdict = verdict_on(question, function, seed)
        assert verdict.status == "right", f"seed {seed}:\n{verdict}"
        assert verdict.points == question.points


@pytest.mark.parametrize(("question", "wrong"), named(WRONG))
def test_wrong_answers_fail_with_their_own_hint(question, wrong):
    for seed in SEEDS:
        verdict = verdict_on(question, wrong.function, seed)
        found = verdict.misconception or verdict.status
        assert found == wrong.name, (
            f"question {question.id}, seed {seed}: the wrong answer {wrong.name!r} "
            f"was taken for {found!r}"
        )
        assert verdict.advice == (wrong.hint,) and verdict.points == 0


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_each_hint_is_about_its_own_wrong_answer(question):
    mentions = MENTIONS[question.id]
    assert [wrong.name for wrong in question.wrong] == list(mentions), (
        f"question {question.id}: MENTIONS and the known wrong answers differ"
    )
    for wrong in question.wrong:
        told = [name for name, text in mentions.items() if text in wrong.hint]
        assert told == [wrong.name], (
            f"question {question.id}: the hint of the wrong answer {wrong.name!r} "
            f"should mention {mentions[wrong.name]!r} and nothing of the others, but "
            f"it is the hint of {told}: {wrong.hint}"
        )


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_hints_are_written_as_agreed(question):
    assert len(question.wrong) >= 5
    chapter = next((ROOT / "chapters").glob(f"{int(question.set):02}_*.ipynb"), None)
    headings = chapter.read_text(encoding="utf-8") if chapter else None
    for wrong in question.wrong:
        where = f"question {question.id}, wrong answer {wrong.name!r}"
        sections = re.findall(r"section (\d+\.\d+)", wrong.hint)
        assert sections, f"{where}: the hint names no section"
        assert "!" not in wrong.hint, f"{where}: an exclamation mark"
        for section in sections:
            if headings:
                assert f"## {section} " in headings, f"{where}: no section {section}"


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_known_answers_have_the_arguments_of_the_reference(question):
    for function in (*question.right, *(wrong.function for wrong in question.wrong)):
        assert tuple(inspect.signature(function).parameters) == question.parameters


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_cases_come_from_the_seed_and_only_from_it(question):
    def values(seed):
        return [[np.asarray(a).tolist() for a in c.args] for c in question.draw(seed)]

    np.random.seed(0)  # noqa: NPY002, the generator that must play no part
    first = values(4)
    np.random.seed(1)  # noqa: NPY002
    assert values(4) == first != values(5)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_references_change_only_what_they_should(question):
    for case in question.draw(0):
        (outcome,) = outcomes_of(question.reference, [case])
        changed = [
            name
            for name, before, after in zip(
                question.parameters, case.args, outcome.args, strict=False
            )
            if not np.array_equal(before, after)
        ]
        assert tuple(changed) == case.changes


def test_levels_and_ids():
    levels = {question.level for question in QUESTIONS.values()}
    assert levels == {"warm-up", "core", "stretch", "find the bug"}
    for id, question in QUESTIONS.items():
        assert question.id == id and question.points > 0
