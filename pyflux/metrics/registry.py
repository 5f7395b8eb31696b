"""Metrics by name, from the arguments of `compile`, and from saved configurations."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._internal import validation
from ..losses import Loss
from .accuracy import Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from .auc import AUC
from .classification import (
    ConfusionMetric,
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from .f_score import F1Score, FBetaScore
from .mean import MeanMetricWrapper
from .metric import Metric
from .regression import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    RootMeanSquaredError,
)
from .top_k import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy

MetricLike = str | Metric | type[Metric] | Callable[..., Any]

CLASSES: dict[str, type[Metric]] = {
    cls.__name__: cls
    for cls in (
        Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy,
        TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy,
        Precision, Recall, TruePositives, FalsePositives, TrueNegatives, FalseNegatives,
        AUC, FBetaScore, F1Score,
        MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError,
        BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy,
    )
}  # fmt: skip

NAMES: dict[str, type[Metric]] = {
    "acc": Accuracy,
    **{cls().name: cls for cls in CLASSES.values()},
    "mse": MeanSquaredError,
    "rmse": RootMeanSquaredError,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "bce": BinaryCrossentropy,
}


def get(
    value: MetricLike, *, loss: Loss | None = None, output_shape: tuple[int, ...] | None = None
) -> Metric:
    """Return the metric for a name, a class, a function or a metric.

    ``"accuracy"`` and ``"acc"`` stand for `BinaryAccuracy` if there is one output, for
    `SparseCategoricalAccuracy` if the loss takes labels, and else for `CategoricalAccuracy`. A metric given
    by name keeps that name, and follows the ``from_logits`` of the loss; an object stays as it is.

    Args:
        value: A name such as ``"accuracy"`` or ``"mae"``, a class or an object of this module, or a function
            ``f(y_true, y_pred)`` on NumPy arrays.
        loss: The loss that the network is compiled with.
        output_shape: Shape of one sample's output.

    Raises:
        TypeError: ``value`` is none of these.
        ValueError: The name is not known; the error suggests the nearest one.

    >>> from pyflux.losses import BinaryCrossentropy
    >>> metric = get("acc", loss=BinaryCrossentropy(from_logits=True), output_shape=(1,))
    >>> metric, metric.threshold
    (<BinaryAccuracy name=acc>, 0.0)
    """
    if isinstance(value, str):
        metric = _by_name(value, loss, output_shape)
    elif isinstance(value, Metric):
        metric = value
    elif inspect.isclass(value) and issubclass(value, Metric):
        metric = value()
    elif callable(value) and not inspect.isclass(value):
        metric = MeanMetricWrapper(value)
    else:
        raise TypeError(
            f"metrics must be names such as 'accuracy', objects of pyflux.metrics, or functions of "
            f"(y_true, y_pred), got {value!r}"
        )
    if output_shape is not None:
        metric.check(loss, output_shape)
    return metric


def resolve(
    values: MetricLike | Sequence[MetricLike] | None,
    *,
    loss: Loss | None = None,
    output_shape: tuple[int, ...] | None = None,
) -> list[Metric]:
    """Return new metrics, without samples, for the argument ``metrics`` of `compile`.

    Metrics with the same name are numbered: two `Precision` are ``precision`` and ``precision_1``.

    Raises:
        TypeError, ValueError: As for `get`; or a metric is named ``"loss"``.

    >>> resolve(["accuracy", Precision(class_id=0), Precision(class_id=1)], output_shape=(3,))
    [<CategoricalAccuracy name=accuracy>, <Precision name=precision>, <Precision name=precision_1>]
    """
    if values is None:
        return []
    given = [values] if isinstance(values, str) or not isinstance(values, Sequence) else values
    metrics: list[Metric] = []
    used: set[str] = {"loss"}
    for value in given:
        metric = get(value, loss=loss, output_shape=output_shape).copy()
        if metric.name == "loss":
            raise ValueError("metrics: the name 'loss' is that of the loss; give the metric another name=")
        name, number = metric.name, 0
        while metric.name in used:
            number += 1
            metric.name = f"{name}_{number}"
        used.add(metric.name)
        metrics.append(metric)
    return metrics


def from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Metric:
    """Make a metric from what its ``config()`` returned.

    Args:
        config: The class's name as ``type``, and its arguments.
        custom_objects: Classes and functions of your own, by name.

    Raises:
        ValueError: The class or function is not known.

    >>> from_config({"type": "TopKCategoricalAccuracy", "k": 3, "name": "top_3"})
    <TopKCategoricalAccuracy name=top_3>
    """
    values = dict(config)
    kind = values.pop("type", None)
    custom = dict(custom_objects or {})
    if kind == "function":
        return MeanMetricWrapper(_custom(values["name"], custom), name=values["name"])
    if kind in CLASSES and kind not in custom:
        return CLASSES[kind].from_config(values)
    found = _custom(kind, custom)
    if not (inspect.isclass(found) and issubclass(found, Metric)):
        raise TypeError(f"custom_objects[{kind!r}] must be a class of metrics, got {found!r}")
    return found.from_config(copy.deepcopy(values))


def _custom(name: Any, custom_objects: Mapping[str, Any]) -> Any:
    if name not in custom_objects:
        raise ValueError(
            f"metric {name!r} is not known{validation.nearest(str(name), CLASSES)}; pass it as "
            f"custom_objects={{{name!r}: …}}"
        )
    return custom_objects[name]


def _by_name(name: str, loss: Loss | None, output_shape: tuple[int, ...] | None) -> Metric:
    logits = bool(getattr(loss, "from_logits", False))
    if name.lower() in ("accuracy", "acc") and output_shape is not None:
        if output_shape[-1] == 1:
            return BinaryAccuracy(name=name, threshold=0.0 if logits else 0.5)
        sparse = loss is not None and loss.sparse
        return SparseCategoricalAccuracy(name=name) if sparse else CategoricalAccuracy(name=name)
    cls = CLASSES.get(name) or NAMES[validation.choice("metrics", name.lower(), NAMES)]
    options: dict[str, Any] = {}
    if logits and issubclass(cls, BinaryAccuracy):
        options["threshold"] = 0.0
    elif logits and issubclass(cls, ConfusionMetric):
        options["thresholds"] = 0.0
    elif logits and "from_logits" in inspect.signature(cls).parameters:
        options["from_logits"] = True
    return cls(name=name, **options)
