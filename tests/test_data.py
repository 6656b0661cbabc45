"""The data that is shipped is what its description says."""

import numpy as np
import pytest

from backprop.data import load_digits


def test_digits():
    images, labels = load_digits()
    assert images.shape == (1797, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    np.testing.assert_array_equal(np.unique(labels), range(10))


def test_some_digits_in_the_order_of_the_file():
    images, labels = load_digits()
    some, some_labels = load_digits(8, 3)
    keep = (labels == 3) | (labels == 8)
    np.testing.assert_array_equal(some, images[keep])
    np.testing.assert_array_equal(some_labels, labels[keep])


@pytest.mark.parametrize("strange", [10, -1, "3", 3.5])
def test_what_is_not_a_digit_is_refused(strange):
    with pytest.raises(ValueError, match=f"digits from 0 to 9, .* got {strange!r}"):
        load_digits(3, strange)
