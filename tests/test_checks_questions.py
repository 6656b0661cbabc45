"""Every question: what is right passes, what is wrong fails with its own hint."""

import functools
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from backprop.checks import QUESTIONS
from backprop.checks.judge import judge, outcomes_of
from backprop.gradcheck import numerical_gradient
from backprop.losses import binary_cross_entropy
from backprop.neuron import sigmoid

ROOT = Path(__file__).parents[1]
SEEDS = range(3)
WRONG = [(q, w) for q in QUESTIONS.values() for w in q.wrong]
RIGHT = [(q, f) for q in QUESTIONS.values() for f in (q.reference, *q.right)]

# What the hint of each wrong answer must mention, and no other hint of its question
# does: said here independently, so that two hints that trade places are found.
MENTIONS = {
    "1.1": {
        "forward": "forward difference",
        "backward": "backward difference",
        "over_h": "twice as large",
        "times_h": "multiplies by h",
        "half_divided": "only f(x − h) was divided",
        "not_divided": "how far the output moved. A slope says",
        "flipped": "wrong sign",
        "added": "added the two values",
        "moved_the_output": "moves the output",
        "half_steps": "x ± h/2",
        "own_step": "an h of your own",
    },
    "1.2": {
        "rules_of_thumb": "rules of thumb",
        "bounds": "how large the errors are",
        "only_of_exp": "best h of eˣ",
        "upside_down": "on their heads",
        "second_twice": "f″ cancels",
        "square_root_twice": "is a cube root",
        "no_factors": "factors are missing",
        "forward_two_missing": "root of 4",
        "forward_root_of_two": "√2",
        "central_three_missing": "the 3 is missing",
        "three_outside": "outside the root",
        "balanced": "6 in place of 3",
        "one_rounding": "ε/2",
        "wrong_order": "in the wrong order",
        "always_float64": "whatever eps says",
        "signed_in_numpy": "is nan",
        "signed_powers": "complex",
        "signed_in_math": "math.sqrt stopped",
        "no_brackets": "binds tighter",
    },
    "1.3": {
        "left_flipped": "the left one has the wrong sign",
        "right_first": "in the wrong order",
        "central_twice": "one central difference, twice",
        "over_two_steps": "half as large",
        "central_next_door": "central differences at x − h and x + h",
        "without_the_middle": "f(x) is missing",
        "only_sizes": "dropped the signs",
        "the_jump": "the jump",
        "own_reach": "an h of your own",
        "rises": "Divide each by",
    },
    "1.4": {
        "first_try": "first try",
        "whole_rows": "range(len(x))",
        "only_a_row": "a row of floats",
        "all_together": "the sum of their slopes",
        "in_place": "the caller's own array",
        "never_back": "never moved back",
        "two_names": "one array two names",
        "flat": "stand in a row",
        "whole_slopes": "np.empty_like",
        "nudge_cut_off": "cuts the nudge off",
        "whole_throughout": "both lose",
        "forward_differences": "forward differences",
        "twice": "twice as large",
    },
    "1.5": {
        "untouched": "still the broken checker",
        "mended_signs": "The signs are mended",
        "mended_nan": "nan is caught now",
        "mended_shapes": "Shapes are compared now",
        "left_shapes": "One hole is left: a gradient of another shape",
        "left_nan": "One hole is left: nan",
        "left_signs": "One hole is left: the error of a slope",
        "reshapes": "reshaped the gradient",
        "same_size": "how many entries",
        "averages": "average the errors",
        "any_entry": "np.any",
        "plain_difference": "plain difference",
        "sum_of_sizes": "sum of the two sizes",
        "by_length": "length of the difference",
        "allclose": "np.allclose as it comes",
        "allclose_rtol": "rtol = 10⁻⁶",
        "equal": "to the last bit",
        "too_strict": "stricter",
        "too_lax": "laxer",
        "no_floor": "The floor is gone",
        "opposite": "the wrong way round",
        "asserts": "ended in an AssertionError",
    },
    "2.1": {
        "slopes_at_x": "all three slopes at x",
        "slopes_at_outputs": "what its machine hands out",
        "exponential_at_u": "never sees u",
        "cosine_at_x": "never sees x",
        "exponential_of_cosine": "exponential of cos(u)",
        "x_for_2x": "half as large",
        "nested": "one inside the other",
        "added": "added the three slopes",
        "first_link_missing": "stops at u",
        "middle_link_missing": "in the middle",
        "last_link_missing": "the slope of v",
        "height": "This is y itself",
        "minus_cosine": "wrong sign",
        "reversed_machines": "reverse order",
        "squared_sine": "(sin x)²",
    },
    "2.2": {
        "outer_use_only": "use inside the sine is missing",
        "inner_use_only": "use in the last line is missing",
        "without_skip": "In dx one path is missing",
        "skip_only": "only the direct path",
        "held_still": "held h still",
        "sine_alone": "paths through the sine, and both",
        "uses_multiplied": "multiplied the slopes of the two uses",
        "mean_of_uses": "mean of the two uses",
        "one_factor_w": "w multiplies twice",
        "last_edge_missing": "lacks its last edge",
        "no_cosine": "as if it were 1",
        "sine_with_minus": "the wrong sign",
        "cosine_of_h": "cosine of h",
        "cosine_of_x": "cosine of x",
        "dx_first": "in the wrong order",
    },
    "2.3": {
        "counts_edges": "counted edges",
        "counts_first_uses": "uses of `start` alone",
        "adds_along": "Along a path you added",
        "plus_for_times": "slope + rest",
        "multiplies_paths": "multiplied the paths with one another",
        "first_path_only": "stopped at the first path",
        "each_node_once": "visit each node once",
        "parallel_merged": "became one",
        "dead_end_stops": "KeyError",
        "starts_with_zero": "begin with 1",
        "never_stays": "right but one case",
        "remembers_other_graphs": "memo outlives",
        "skips_zero": "you did not count it",
        "without_signs": "without their signs",
        "mean_of_paths": "mean of the paths",
        "sum_first": "in the wrong order",
    },
    "2.4": {
        "from_left": "always multiply from the left",
        "from_right": "always multiply from the right",
        "dearer": "wrong way round",
        "by_the_ends": "sizes of the two ends",
        "first_machine_first": "multiplied J1 J2 J3",
        "transposed": "is transposed",
        "entry_by_entry": "entry by entry",
        "price_of_one_row": "price of a single row",
        "first_product_only": "and not the second",
        "both_orders": "counted both orders",
        "counts_additions": "additions as well",
        "twice_the_first": "as much as the first",
        "count_first": "in the wrong order",
    },
    "2.5": {
        "untouched": "still the broken function",
        "in_the_order_of_the_dict": "in which it happens to be written",
        "still_overwrites": "still throws away",
        "sweeps_forward": "sweep forward",
        "without_upstream": "times its own d",
        "all_zero": "Everything is 0",
        "all_start_with_one": "Every node started with 1",
        "begins_at_the_last": "last node of `order`",
        "hands_on_again": "goes down again",
        "hands_on_too_early": "as soon as it has heard from someone",
        "mean_over_users": "number of users",
        "as_in_the_chapter": "the node gives and its inputs receive",
        "pasted_from_the_chapter": "word for word",
        "only_what_was_reached": "some nodes have none",
        "no_such_key": "no such key",
    },
    "3.1": {
        "naive": "as it stands in the book",
        "exp_over_one_plus_exp": "inf / inf",
        "both_branches": "np.where",
        "clipped": "9 · 10⁻¹⁴",
        "clipped_at_500": "±500",
        "clipped_at_500_quietly": "the limit of 500",
        "clipped_at_700": "±700",
        "by_tanh": "nearly equal numbers",
        "no_minus": "minus sign",
        "plain_tanh": "another squash",
        "math_exp": "math.exp",
        "forgot_sign": "forgets the sign",
        "always_float64": "float64",
        "like_integers": "np.empty_like",
    },
    "3.2": {
        "squashed_twice": "σ′ of an activation",
        "always_squashed": "squashes for itself",
        "not_squashed": "Squash z first",
        "crossed": "at the other's argument",
        "wrong_order": "in the wrong order",
        "slope_of_tanh": "1 − a²",
        "heights": "heights of the curve",
        "plus_sign": "a(1 + a)",
        "falling": "two minus signs",
        "ignored_a": "computed from z too",
        "one_factor": "only one of the two factors",
    },
    "3.3": {
        "no_slope": "slope of the squash is missing",
        "slope_at_a": "σ′(a) instead of σ′(z)",
        "slope_from_z": "z(1 − z)",
        "downhill": "You have y − a",
        "twice": "twice as large",
        "over_inputs": "len(x)",
        "linear_neuron": "linear neuron",
        "bias_sums_weights": "not the sum of dw",
        "bias_without_slope": "db lost the slope",
        "bias_of_z_alone": "how z moves with b",
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
        "double_step": "twice as long",
    },
    "3.5": {
        "untouched": "still the broken function",
        "slope_after_product": "still multiplies after the matrix product",
        "mean_slope": "averaged σ′",
        "mean_step": "step is divided by the number of rows",
        "all_by_rows": "both divided by the number",
        "row_by_row": "after each row",
        "twofold_step": "step is twice as long",
        "rebinds": "gives the name to a new array",
        "returns_weights": "returned the new weights",
        "returns_weights_too": "caller has it already",
        "wrong_sign": "goes uphill",
        "without_slope": "slope of the squash is gone",
        "slope_of_activation": "derivative_sigmoid got the activation",
        "loss_after": "computed after the step",
        "loss_without_half": "The loss is twice as large",
        "mean_loss": "averaged over the rows",
        "mean_of_all_entries": "np.mean",
        "loss_per_entry": "one number per row or output",
        "ignores_rate": "learning rate is not in your step",
        "no_loss": "nothing is returned",
    },
    "4.1": {
        "naive": "as it stands in the book",
        "clipped": "clip a at 10⁻⁷",
        "clipped_at_a_trillionth": "clip a at 10⁻¹²",
        "clipped_finely": "limit of 10⁻¹⁵",
        "added": "moves every loss a little",
        "added_a_trillionth": "best-known cure",
        "added_finely": "the wall stands at",
        "overflows": "right loss, but at z = 1000",
        "overflows_in_log1p": "keeps the digits for negative z",
        "no_log1p": "1 + e⁻⁴⁰ rounds to 1",
        "small_term_too_early": "their order is not",
        "no_bars": "without the bars",
        "where_with_both": "before it picks",
        "plus_target": "sign slipped at zy",
        "swapped_targets": "changed places",
        "no_max": "term max(z, 0) is missing",
        "squashed_first": "put a where the formula wants the logit",
        "logarithm_of_logit": "logarithm of z itself",
        "upside_down": "Every sign is turned",
        "rounded_target": "plain 0 or 1",
        "one_term": "Only the term with y",
        "averaged_loss": "You averaged",
        "python_max": "one truth value",
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
        "overflowing_squash": "your own 1/(1 + e⁻ᶻ)",
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
        "reciprocal": "turned over",
        "slope_of_squared_only": "This is half squared error's slope",
        "slope_of_entropy_only": "This is a − y",
        "ratio_of_losses": "divided the losses",
        "stopped_at_activation": "stopped at a",
        "slope_at_a": "slope of σ at a",
        "form_of_z": "z(1 − z)",
        "without_half": "twice as large",
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
        "eigh_not_unpacked": "returns two things",
        "first_two": "c[0] and c[1]",
        "last_two": "second largest",
        "steep_in_one_step": "wait for the shallow one",
        "mean_curvature": "mean of all curvatures",
        "sum_of_curvatures": "added up all curvatures",
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
        "bias_first": "ones stands first",
        "summed_loss": "went out together",
        "divided_twice": "by N twice",
        "uphill": "go uphill",
        "decided_answers": "yes and no",
        "labels": "labels",
        "logits": "answers are logits",
        "in_place": "caller's array",
    },
    "5.1": {
        "no_slope": "what cross-entropy hands back",
        "summed": "1/N is missing",
        "over_size": "number of entries",
        "over_outputs": "number of outputs",
        "downhill": "You have y − a",
        "twice": "twice as large",
        "half_kept": "You divided by 2N",
        "squashed_twice": "squashed the answers a second time",
        "slope_of_tanh": "1 − A2²",
        "slope_at_target": "where the target is",
        "only_a": "only the a:",
        "only_the_rest": "only the 1 − a",
        "mean_slope": "averaged the slopes",
        "slope_of_bias": "added up the rows",
        "divided_by_slope": "divided by the slope",
    },
    "5.2": {
        "stopped_at_answers": "stopped at the answers",
        "slope_at_answer": "slope of tanh at its answer",
        "not_squashed": "never went through the squash",
        "slope_of_sigmoid": "σ′(Z1)",
        "form_of_sigmoid": "a(1 − a)",
        "not_transposed": "shapes do not fit",
        "reshaped": "reshape",
        "first_output": "Only the first output",
        "mean_over_outputs": "averaged over the outputs",
        "divided_again": "divided by the number of rows",
        "product_of_sums": "multiplied the totals",
        "without_weights": "W2 is not in your answer",
        "averaged_slope": "averaged the slope of the squash",
        "height_for_slope": "multiplied by the answer",
        "hidden_bias": "that is db1",
    },
    "5.3": {
        "untouched": "still the broken function",
        "still_early": "second name for the same array",
        "still_sigmoid": "The order is mended",
        "forward_again": "forward a second time",
        "other_way_round": "layer 1 moves first",
        "layer_2_stays": "W1 and b1 are right",
        "layer_1_stays": "W2 and b2 are right",
        "biases_stay": "the biases stay",
        "b1_stays": "b1 is as before",
        "biases_by_mean": "the mean of dZ",
        "biases_by_total": "adds up the whole table",
        "rebinds": "arrays are as before",
        "loss_after": "computed after the step",
        "no_loss": "nothing is returned",
        "uphill": "goes uphill",
        "hidden_uphill": "layer 1 walks the other way",
        "divided_by_rows_again": "number of rows",
        "slope_removed": "gone altogether",
        "answers_squashed_again": "squashes once more",
        "output_slope_added": "the output's σ′ too",
    },
    "5.4": {
        "ways_in_only": "on the way in alone",
        "without_bias": "biases are missing",
        "without_ways_out": "ways out are missing",
        "ways_out_only": "what goes out of the units",
        "first_way_out": "looked at the first alone",
        "no_mirrors": "mirror images are missing",
        "mirrors_as_twins": "counted as twins",
        "half_mirrors": "left the ways out as they were",
        "bias_not_turned": "the bias is turned too",
        "sizes_only": "ignored the signs",
        "close_is_equal": "twelfth digit",
        "by_direction": "a multiple of the other",
        "sums_for_weights": "You compared sums",
        "empty_diagonal": "diagonal is empty",
        "one_half": "one half of the table",
        "rows_for_units": "rows of W1",
        "any_for_all": "any where all is meant",
        "how_many": "number of different units",
    },
    "5.5": {
        "early": "reads the new W2",
        "first_layer_first": "Layer 1 had already moved",
        "one_at_a_time": "after each example",
        "signed_inputs": "switches are −1 and 1",
        "flat_targets": "If your Y is a row",
        "added": "four times as long",
        "divided_twice": "a quarter of the right length",
        "half_steps": "half of the right length",
        "climbs": "uphill",
        "skips_squash": "lacks the factor",
        "wrong_squash_back": "Forward you squash with tanh",
        "sigmoid_units": "there and back",
        "half_squared": "that is half squared error",
        "linear_output": "not squashed before it is compared",
        "one_more": "too many",
        "one_less": "too few",
        "one_step": "inside the loop",
        "slopes_of_start": "slopes of the start",
        "fixed_biases": "biases did not move",
        "biases_of_the_mean": "along the mean of dZ",
        "only_layer_2": "Only the second layer",
        "turned_round": "truth is turned round",
        "plain_or": "plain or",
        "writes_to_start": "caller's were changed",
        "losses_too": "losses came along",
    },
    "6.1": {
        "on_its_side": "lie on their side",
        "nothing_turned": "do not count the same thing",
        "entry_by_entry": "the entries meet one by one",
        "reshaped": "new neighbours",
        "averaged": "divided by the number of examples",
        "last_example": "= instead of +=",
        "totals_multiplied": "multiplied the totals",
        "not_summed": "One table for each example",
        "whole_table": "This is the Jacobian",
        "downhill": "Every sign is turned",
        "without_slopes": "dZ is not in your answer",
        "without_inputs": "X is not in your answer",
    },
    "6.2": {
        "examples_in_columns": "lie on their side",
        "weights_not_turned": "@ refuses",
        "entry_by_entry_too": "the entries meet one by one",
        "weights_reshaped": "new neighbours",
        "inverted": "would undo the layer",
        "last_unit": "Only the last unit",
        "averaged_over_units": "divided by the number of units",
        "averaged_over_examples": "divided by the number of examples",
        "totals_first": "multiplied the totals",
        "examples_added": "added up the examples",
        "units_not_summed": "A number for each example, input and unit",
        "negative": "Every sign is turned",
    },
    "6.3": {
        "mean_of_rows": "This is the mean",
        "other_axis": "adds along a row",
        "kept_dimension": "keepdims",
        "column": "stand in a column",
        "summed_over_all": "added up everything",
        "rows_not_added": "This is dZ itself",
        "counted": "counted the uses",
        "last_row": "Only one example is left",
        "copied_again": "copied them into every row",
        "bias_downhill": "Every sign is turned",
        "sizes_added": "without their signs",
    },
    "6.4": {
        "untouched": "still the broken function",
        "weights_left": "dW still lies on its side",
        "inputs_left": "dX still sums over the wrong index",
        "only_where_it_crashed": "repaired it where it stopped",
        "only_square_repaired": "You repaired the square layer",
        "result_reshaped": "made dW fit",
        "weights_were_reshaped": "gave W the turned shape",
        "inputs_were_reshaped": "you gave X the turned shape",
        "both_reshaped": "in both places where .T belongs",
        "weights_first": "in the wrong order",
        "bias_along_rows": "had been right before you began",
        "bias_kept_dimension": "because of keepdims",
        "divided_by_examples": "divided by the number of examples",
        "examples_kept_apart": "one table or row for each example",
        "slopes_turned": "turned dZ as well",
        "packed_into_one": "np.array makes a single array",
    },
    "6.5": {
        "without_upstream": "the slopes of s, not of L",
        "upstream_as_a_row": "ds[:, None] stands it up",
        "upstream_summed": "everything by the sum of ds",
        "upstream_mean": "everything by the mean of ds",
        "upstream_outside": "summed apart from the products",
        "upstream_missing_in_matrix": "the ds are missing",
        "matrix_averaged": "divided by the number of examples",
        "all_averaged": "All three are divided by",
        "matrix_on_its_side": "lies on its side",
        "matrix_not_summed": "a table for each example",
        "matrix_times_itself": "dM still contains M",
        "vectors_times_themselves": "dX and dY still contain",
        "other_vector_forgotten": "dX lacks Y",
        "vectors_exchanged": "changed places",
        "matrix_last": "in the wrong order",
        "rows_added": "you added up the examples",
        "matrix_not_turned": "has not been turned",
        "all_in_one": "np.array makes a single array",
    },
    "7.1": {
        "over_rows": "axis=0 is right for a bias",
        "one_number": "right where a single number was copied",
        "mean_of_copies": "averaged over the copies",
        "mean_over_rows": "is wrong twice",
        "one_copy": "slope of one copy",
        "first_of_first_axis": "gradient[:1]",
        "filled_in_only": "as wide as the result",
        "stretched_only": "put in front are still",
        "ones_dropped": "has vanished",
        "loop_without_keepdims": "an axis that was summed is gone",
        "loop_then_reshape": "comes too late for the loop",
        "loop_over_sizes": "gradient.shape[i] asks",
        "loop_over_sizes_then_reshape": "cannot save the loop",
        "front_kept": "were kept with size 1",
        "left_aligned": "at their left ends",
        "sum_of_all": "sum of all slopes",
        "cut_out": "as many entries as fit",
        "broadcast_again": "forward once more",
        "reshaped": "lays out the same numbers",
    },
    "7.2": {
        "divided_nowhere": "Neither the loss nor the slopes",
        "slopes_of_the_sum": "two different losses",
        "summed_loss": "The loss beside them is the sum",
        "divided_twice": "Both slopes are divided by N a second time",
        "bias_averaged": "dW is right. db is a mean",
        "weights_averaged": "db is right. dW",
        "weights_on_their_side": "dW lies on its side",
        "inputs_not_turned": "X @ dA does not fit",
        "mean_of_everything": "N · C",
        "loss_over_entries": "np.mean over the whole table divides the loss",
        "divided_by_outputs": "number of outputs",
        "two_left": "twice as large as they should be",
        "half_left": "half as large as they should be",
        "no_half": "lacks its ½",
        "downhill": "points the other way",
        "one_bias_for_all": "as one number",
        "bias_as_a_row": "bracket too many",
        "no_bias": "lacks the bias",
    },
    "7.3": {
        "to_the_last_bit": "last bit",
        "absolute_tolerance": "np.allclose",
        "relative_to_each_entry": "each entry with its own size",
        "largest_without_sign": "so is your tolerance",
        "size_of_the_maximum": "takes the size after the maximum",
        "signed_difference": "A sum of negative slopes",
        "signed_difference_turned": "A sum of positive slopes",
        "too_generous": "N − 1",
        "sums_compared": "may cancel",
        "lengths_compared": "You compared two lengths",
        "any_entry": "is enough for you",
        "first_entry": "first entry alone",
        "expects_double": "test for a sum",
        "upside_down": "changed places",
        "targets_forgotten": "left the targets",
        "flattened": "no examples are left",
        "numbers_doubled": "doubled the numbers",
        "half_a_batch": "Every mean is blamed",
        "the_difference": "how far the two gradients are apart",
    },
    "7.4": {
        "no_squash": "as if it were dZ",
        "slope_of_sigmoid": "A(1 − A)",
        "squashed_again": "squashed it again",
        "slope_next_door": "The slope comes from the layer next door",
        "slope_of_the_last": "always that of the last",
        "weights_next_door": "The weights come from the layer next door",
        "squash_at_the_scores": "No tanh stands behind the last layer",
        "not_turned": "without the transpose",
        "in_order_of_the_walk": "the walk finds them",
        "divided_again": "divided by N once more",
        "all_divided_again": "a second 1/N",
        "biases_averaged": "biases were averaged",
        "biases_as_rows": "came back as rows",
        "biases_first": "dWs first, then dbs",
        "one_list": "single list",
        "caller_reversed": "Ws.reverse()",
        "no_weights": "without the weights in",
    },
    "7.5": {
        "untouched": "still the broken function",
        "slope_of_the_first": "from the other end",
        "off_by_one": "Off by one",
        "slope_removed": "so is the right one",
        "slope_averaged": "averaged 1 − A²",
        "squash_at_the_end": "has no squash here",
        "summed": "got lost on the way",
        "slopes_undivided": "dZ begins as miss",
        "divided_by_n_twice": "crept in",
        "biases_as_means": "biases are means",
        "stepped_on_the_way": "The weights stepped",
        "loss_without_half": "lost its ½",
        "loss_is_the_sum": "it lost its 1/N",
        "loss_over_all_entries": "N · C",
        "last_layer_first": "order of the walk",
        "no_loss": "the loss is missing",
    },
    "8.1": {
        "only_the_diagonal": "like a sigmoid",
        "a_row": "a row of C numbers. C answers",
        "one_everywhere": "P_i(1 − P_j)",
        "added_terms": "when another score rises, you lose",
        "others_gain": "as if the others rose",
        "mirrored": "opposite sign",
        "only_through_the_sum": "nudge of the numerator",
        "squares_stretched": "C squares",
        "inner_product": "is a single number",
        "bracket_not_closed": "P_i[i = j] − P_j",
        "the_bracket": "the bracket [i = j] − P_j alone",
        "own_answer_twice": "own answer twice",
        "squashed_again": "no second squash",
    },
    "8.2": {
        "aliased": "two names",
        "in_place": "P -= Y",
        "summed": "gradient of the sum",
        "mean_over_entries": "N · C",
        "divided_by_classes": "P.shape[1]",
        "only_labels_divided": "Only the 1 was divided",
        "only_answers_divided": "Only P was divided",
        "downhill": "points downhill",
        "whole_columns": "whole columns",
        "right_class_only": "entry by entry",
        "own_answer": "the largest answer",
        "slope_of_answers": "This is dP",
        "slope_of_right_answers": "−1/P in the column",
        "two_steps": "in two steps",
        "slope_twice": "no such factor",
        "labels_as_numbers": "A label is a name",
        "labels_stretched": "P - y does not fit",
        "counted_from_one": "counted the classes from 1",
        "softmax_again": "took softmax of P",
        "bias_gradient": "gradient of the biases",
    },
    "8.3": {
        "definition": "This is the definition",
        "not_added_back": "did not add it back",
        "taken_off_twice": "wrong sign",
        "multiplied_back": "You multiplied",
        "one_maximum_for_all": "whole batch. In a row",
        "maximum_without_keepdims": "(N, C) − (N,) does not fit",
        "down_the_columns": "down the columns",
        "all_in_one": "a single number",
        "mean_taken_out": "the mean of the row",
        "minimum_taken_out": "smallest score",
        "first_taken_out": "the first score of each row",
        "hard_maximum": "the maximum itself",
        "mean_of_powers": "mean of the exponentials",
        "kept_the_column": "stand in a column",
        "column_plus_row": "their sum is a table",
        "clipped": "Clipping",
    },
    "8.4": {
        "untouched": "still the broken function",
        "back_still_broken": "The answers survive now",
        "forward_still_broken": "The way back is mended",
        "maximum_of_columns": "largest score of each column",
        "products_down_the_columns": "a number for each class",
        "row_without_keepdims": "beside an (N, C) it does not fit",
        "subtracts_nothing": "subtract nothing any more",
        "mean_of_the_row": "the mean of each row",
        "tiny_denominator": "A tiny number",
        "nan_painted_over": "np.nan_to_num",
        "shifts_in_place": "S -= …",
        "diagonal_only": "P(1 − P)",
        "mean_added": "not added",
        "mean_forgotten": "only the first half",
        "plain_mean": "plain mean",
        "plain_sum": "the sum of dP",
        "mean_of_products": "divided by C",
        "divided_by_rows": "divided by the number of rows",
        "sign_turned": "the opposite sign",
        "not_multiplied": "last factor P",
        "slopes_first": "in the wrong order",
    },
    "8.5": {
        "among_the_others": "other C − 1 classes",
        "right_class_too_low": "adds up to less",
        "hat_forgotten": "nobody has the rest",
        "eps_for_each": "ε to every class",
        "nothing_taken": "more than 1",
        "slope_of_one_hot": "the slope is that of one-hot labels",
        "loss_of_one_hot": "the loss is that of one-hot labels",
        "eps_ignored": "never used",
        "traded_places": "traded places",
        "logarithm_of_answers": "takes the logarithm of P",
        "padded_logarithm": "puts a ceiling on the price",
        "answers_smoothed": "smoothed the answers",
        "slope_not_divided": "lacks the 1/N",
        "both_not_divided": "those of the sum over the batch",
        "divided_by_all": "N · C",
        "loss_over_entries": "np.mean over the whole table",
        "slope_downhill": "points downhill",
        "loss_negative": "lost its minus",
    },
    "9.1": {
        "over_measured": "length of the measured block",
        "over_measured_or_nothing": "by the measured length",
        "over_claimed": "length of the claimed block",
        "over_sum": "sum of both lengths",
        "absolute": "units of the gradient",
        "lengths_only": "compare the lengths alone",
        "squared": "roots are missing",
        "worst_entry": "worst entry",
        "sums_of_sizes": "added up the sizes",
        "largest_entries": "You compare the largest entries",
        "spectral": "np.linalg.norm(v, 2)",
        "zero_over_zero": "0/0 needs",
        "all_together": "One number for all blocks",
        "without_names": "lost their names",
        "by_position": "by their places",
    },
    "9.2": {
        "after_minus_before": "before the step comes first",
        "stepped_uphill": "stepped uphill",
        "stepped_plus": "with a plus",
        "central": "a central difference",
        "upside_down": "stands on its head",
        "promise_without_eps": "lacks its eps",
        "divided_then_multiplied": "a / b * c is",
        "promise_of_squared_step": "an eps too many",
        "length_not_squared": "divided by the length itself",
        "squared_sum": "squared the sum",
        "mean_square": "mean of the squares",
        "fall_alone": "how far the loss fell",
        "own_step": "step of your own",
        "unit_step": "by dividing g by its length",
        "promised_too_late": "computed after the step",
        "moved_theta": "theta -= …",
        "matrix_product": "g @ g is the sum of squares",
        "dot_product": "np.dot adds up squares",
    },
    "9.3": {
        "no_shapes": "never compared",
        "sign_is_scale": "negative multiple is called a scale",
        "only_exact_sign": "−3g is not",
        "scale_by_lengths": "You compare lengths",
        "nearly_parallel": "small angle",
        "entrywise_ratio": "divide entry by entry",
        "allclose": "np.allclose",
        "exact": "more digits than a measurement has",
        "loose": "a factor of 1.00001 passes",
        "nan_is_right": "nan is called right",
        "zero_is_scale": "Nothing claimed",
        "by_signs": "signs of the slopes alone",
    },
    "9.4": {
        "untouched": "still the broken function",
        "left_relu": "with >=, and that is always true",
        "left_reshape": "still reshaped",
        "left_first_row": "first row only",
        "first_bias_left": "db2 is mended",
        "second_bias_left": "db1 is mended",
        "mended_sum": "The biases are mended",
        "mended_relu": "slope of the relu is mended",
        "mended_transpose": "The transpose is mended",
        "mean_of_biases": "mean of the rows",
        "relu_for_its_slope": "multiplied by its output",
        "mended_too_much": "disappeared instead",
        "lost_mean": "is missing in yours",
        "downhill": "P − Y, which points uphill",
        "returns_parameters": "parameters after a step",
        "weights_first": "in another order",
    },
    "9.5": {
        "always_true": "always True",
        "always_false": "always False",
        "at_given_theta": "somebody else stood",
        "as_it_stands": "You ask once",
        "stops_at_a_column": "ends in an error there",
        "at_zero": "all parameters are 0",
        "at_positive_places": "is right where all parameters are positive",
        "loss_falls": "whether the loss falls",
        "promise_kept": "The promise is a good test",
        "kept_alone": "kept looks along",
        "shapes_only": "shapes, and nothing else",
        "lengths_agree": "You compare lengths",
        "signs_agree": "You compare signs",
        "allclose_alone": "np.allclose",
        "each_slope_by_its_own_size": "each slope by its own size",
        "absolute_error": "in the units of the gradient",
        "no_shape": "A column passes",
        "nan_passes": "nan passes",
        "too_generous": "a hundredth",
        "too_strict": "below what a measurement can give",
        "first_three": "first parameters only",
        "sums_agree": "sums of all slopes",
        "asserts": "AssertionError",
        "opposite": "wrong way round",
        "one_sided": "forward difference",
    },
}


@functools.cache
def drawn(question, seed):
    return question.draw(seed)


def verdict_on(question, function, seed):
    cases = drawn(question, seed)
    return judge(question, cases, outcomes_of(function, cases))


def written(value):
    if isinstance(value, tuple | list):
        return repr([written(item) for item in value])
    return repr(np.asarray(value).tolist())  # to the last bit, and nan equals itself


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
        # Under @wrong a function's own name is not the function any more.
        assert "'Wrong' object" not in repr(verdict), f"{wrong.name} calls itself"


def slopes_of_the_neuron(measure, x, y, w, b):
    d = measure(lambda v: (sigmoid(x @ v[:-1] + v[-1]) - y) ** 2 / 2, np.append(w, b))
    return d[:-1], d[-1]


def slope_of_each(measure, z):
    z = np.asarray(z, dtype=float)
    return np.reshape([measure(sigmoid, v) for v in z.ravel()], z.shape)


# These ask for a derivation. What `measure` finds with central differences has too few
# digits, whichever h it takes and whatever numbers a seed draws.
MEASURED = {
    "2.1": lambda measure, x: measure(lambda v: np.exp(np.sin(v**2)), x),
    "2.2": lambda measure, w, x: tuple(
        measure(lambda v: v[0] * np.sin(v[0] * v[1]) + v[1], np.array([w, x]))
    ),
    "3.2": lambda measure, z, a: (slope_of_each(measure, z), a * (1 - a)),
    "3.3": slopes_of_the_neuron,
    "4.2": lambda measure, z, y: measure(lambda v: binary_cross_entropy(v, y)[0], z),
}


@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6, 1e-7])
@pytest.mark.parametrize("id", MEASURED)
def test_what_is_measured_instead_of_derived_fails_at_every_seed(id, h):
    def measured(*args):
        return MEASURED[id](lambda f, v: numerical_gradient(f, v, h), *args)

    for seed in range(30):
        verdict = verdict_on(QUESTIONS[id], measured, seed)
        assert verdict.status == "wrong" and not verdict.misconception, f"seed {seed}"


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
        return [[written(arg) for arg in case.args] for case in question.draw(seed)]

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
            if written(before) != written(after)
        ]
        assert tuple(changed) == case.changes


def test_levels_and_ids():
    levels = {question.level for question in QUESTIONS.values()}
    assert levels == {"warm-up", "core", "stretch", "find the bug"}
    for id, question in QUESTIONS.items():
        assert question.id == id and question.points > 0
