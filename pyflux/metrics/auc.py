"""The area under the ROC curve or the precision-recall curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..losses import Loss
from .classification import levels
from .counts import ConfusionCounts, divide_no_nan, output_weights
from .metric import Metric
from .targets import indicators

_EPSILON = 1e-7  # puts the first threshold below every probability, and the last above
_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "minoring", "majoring")


class AUC(Metric):
    """The area under the curve of a binary classifier, approximated at thresholds.

    The curve has a point for each of ``num_thresholds`` thresholds, evenly spaced in [0, 1]. Predictions of a
    well-trained network lie close to 0 and 1, between few thresholds: pass ``thresholds`` that are dense
    there for a better approximation. The precision-recall curve is interpolated as in Davis and Goadrich,
    "The relationship between precision-recall and ROC curves" (ICML 2006).

    Args:
        num_thresholds: Number of thresholds, at least 2.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"``, or for bounds of the area ``"minoring"`` and ``"majoring"``.
        name: Name in the logs.
        dtype: As for `Metric`.
        thresholds: Thresholds in [0, 1] to use instead of evenly spaced ones; two are added at the ends.
        multi_label: Whether each output has a curve of its own, whose areas are averaged; otherwise every
            output counts as a sample of one curve.
        num_labels: Number of outputs, for ``multi_label``; by default taken from the first batch.
        label_weights: A weight for each output.
        from_logits: Whether outputs are logits; ``metrics=["auc"]`` chooses by the loss.

    Raises:
        TypeError, ValueError: An argument is out of its range, or does not go with another one.

    >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.75
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.thresholds = thresholds
        if thresholds is None:
            self.num_thresholds = validation.as_int("num_thresholds", num_thresholds, minimum=2)
            inner = [i / (self.num_thresholds - 1) for i in range(1, self.num_thresholds - 1)]
        else:
            inner = sorted(levels(thresholds, 0.5))
            self.num_thresholds = len(inner) + 2
        self._levels = [-_EPSILON, *inner, 1 + _EPSILON]
        self.curve = validation.choice("curve", curve.upper() if isinstance(curve, str) else curve, _CURVES)
        self.summation_method = validation.choice("summation_method", summation_method, _SUMMATIONS)
        if num_labels is not None and not multi_label:
            raise ValueError(f"num_labels={num_labels} needs multi_label=True; omit it, or set both")
        self.multi_label = multi_label
        self.num_labels = None if num_labels is None else validation.as_int("num_labels", num_labels)
        self.label_weights = None if label_weights is None else [float(weight) for weight in label_weights]
        self.from_logits = from_logits
        self.reset_state()

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add some samples; targets are 0 or 1 for each output, or labels of the outputs."""
        true, outputs = indicators(self.name, y_true, y_pred)
        if self.from_logits:
            outputs = 0.5 * (1 + np.tanh(0.5 * outputs.astype(np.float64)))  # sigmoid, without overflow
        pred = np.nan_to_num(np.clip(outputs, 0, 1), nan=0.0)
        weights = output_weights(self.name, sample_weight, pred.shape)
        if self.multi_label:
            self._add_labels(true, pred, weights)
            return
        if self.label_weights is not None:
            self._check_labels(pred)
            weights = np.broadcast_to(np.asarray(self.label_weights), pred.shape) * (
                1.0 if weights is None else weights
            )
        self.counts[0].add(true.ravel(), pred.ravel(), None if weights is None else weights.ravel())

    def result(self) -> float:
        """Return the area, averaged over outputs with ``multi_label``."""
        areas = [self._area(counts) for counts in self.counts]
        if not self.multi_label:
            return areas[0]
        if not areas or self.label_weights is None:
            return float(np.mean(areas)) if areas else 0.0
        return float(np.average(areas, weights=self.label_weights))

    def reset_state(self) -> None:
        """Discard all samples."""
        self.counts = [] if self.multi_label else [ConfusionCounts.zeros(self._levels)]

    def get_state(self) -> dict[str, Any]:
        """Return the counts."""
        return {"counts": [asdict(counts) for counts in self.counts]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue with the counts of `get_state`."""
        self.counts = [ConfusionCounts(**counts) for counts in state["counts"]]

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` if the number of labels is not that of the outputs."""
        if self.num_labels is not None and self.num_labels != output_shape[-1]:
            raise ValueError(
                f"metrics: {self.name} has num_labels={self.num_labels}, but the network has "
                f"{output_shape[-1]} outputs"
            )

    def _add_labels(
        self, true: NDArray[np.bool_], pred: NDArray[np.floating], weights: NDArray[np.float64] | None
    ) -> None:
        self._check_labels(pred)
        if not self.counts:
            self.counts = [ConfusionCounts.zeros(self._levels) for _ in range(pred.shape[1])]
        for i, counts in enumerate(self.counts):
            counts.add(true[:, i], pred[:, i], None if weights is None else weights[:, i])

    def _check_labels(self, pred: NDArray[np.floating]) -> None:
        wanted = self.num_labels or (len(self.counts) if self.multi_label else 0) or pred.shape[-1]
        if self.label_weights is not None:
            wanted = len(self.label_weights)
        if pred.ndim != 2 or pred.shape[1] != wanted:
            raise ValueError(f"{self.name}: y_pred must have shape (N, {wanted}), got {pred.shape}")

    def _area(self, counts: ConfusionCounts) -> float:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return interpolated_pr_area(counts)
        x, y = curve_points(counts, self.curve)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        elif self.summation_method == "minoring":
            heights = np.minimum(y[:-1], y[1:])
        else:
            heights = np.maximum(y[:-1], y[1:])
        return float(np.sum((x[:-1] - x[1:]) * heights))


def curve_points(counts: ConfusionCounts, curve: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the curve's x and y at each threshold."""
    tp, fp = counts.true_positives, counts.false_positives
    fn, tn = counts.false_negatives, counts.true_negatives
    recall = divide_no_nan(tp, tp + fn)
    if curve == "ROC":
        return divide_no_nan(fp, fp + tn), recall
    if curve == "PR":
        return recall, divide_no_nan(tp, tp + fp)
    # Precision and recall gain of Flach and Kull (2015). They diverge without true positives, where Keras
    # sets them to 1 and 0, and the recall gain is negative below the base rate, where it is set to 0.
    odds = divide_no_nan(tp + fn, tn + fp)
    recall_gain = np.where(tp == 0, 0.0, 1 - odds * divide_no_nan(fn, tp))
    precision_gain = np.where(tp == 0, 1.0, 1 - odds * divide_no_nan(fp, tp))
    return np.maximum(recall_gain, 0.0), precision_gain


def interpolated_pr_area(counts: ConfusionCounts) -> float:
    """Return the area under the precision-recall curve, with true and false positives linear in between.

    Between two thresholds A and B, TP = TP_B + slope (P - P_B) for P = TP + FP. The precision TP / P then
    integrates to slope (TP_A - TP_B + intercept log(P_A / P_B)) / positives over the recall, with
    intercept = TP_B - slope P_B.
    """
    tp, p = counts.true_positives, counts.true_positives + counts.false_positives
    dtp, dp = tp[:-1] - tp[1:], p[:-1] - p[1:]
    slope = divide_no_nan(dtp, np.maximum(dp, 0))
    intercept = tp[1:] - slope * p[1:]
    both = (p[:-1] > 0) & (p[1:] > 0)
    ratio = np.where(both, divide_no_nan(p[:-1], np.maximum(p[1:], 0)), 1.0)
    area = slope * (dtp + intercept * np.log(ratio))
    return float(np.sum(area)) / counts.positives if counts.positives else 0.0
