"""The data that is shipped is what its description says."""

import numpy as np
import pytest

from backprop.data import BREAST_CANCER_FEATURES, load_breast_cancer, load_digits


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


def test_breast_cancer():
    measurements, malignant = load_breast_cancer()
    assert measurements.shape == (569, 30)
    assert np.isfinite(measurements).all()
    assert measurements.min() == 0
    assert malignant.shape == (569,)
    assert malignant.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(malignant), [357, 212])  # as UCI says
    # The first sample of the file is malignant, the smallest of all is benign.
    assert malignant[0] == 1
    assert malignant[np.argmin(measurements[:, 0])] == 0


def test_the_columns_of_the_breast_cancer_data_have_the_right_names():
    measurements, _ = load_breast_cancer()
    assert len(set(BREAST_CANCER_FEATURES)) == len(BREAST_CANCER_FEATURES) == 30
    column = dict(zip(BREAST_CANCER_FEATURES, measurements.T, strict=True))
    # Smallest and largest value, from the description that comes with the file.
    for name, low, high in (
        ("radius (mean)", 6.981, 28.11),
        ("fractal dimension (mean)", 0.04996, 0.09744),
        ("area (standard error)", 6.802, 542.2),
        ("texture (worst)", 12.02, 49.54),
        ("area (worst)", 185.2, 4254.0),
        ("concave points (worst)", 0.0, 0.291),
    ):
        assert column[name].min() == pytest.approx(low)
        assert column[name].max() == pytest.approx(high)
    for way in ("mean", "worst"):  # a perimeter is about 2π radii
        ratio = column[f"perimeter ({way})"] / column[f"radius ({way})"]
        assert np.all((ratio > 6) & (ratio < 9))
