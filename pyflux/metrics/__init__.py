"""Metrics: numbers about predictions.

Classes accumulate over batches and go into ``compile(metrics=[…])``; functions compute a number at once.
"""

from .accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    accuracy,
    binary_accuracy,
)
from .auc import AUC
from .classification import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from .classification_report import Averages, Report, classification_report
from .confusion_matrix import confusion_matrix
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from .f_score import F1Score, FBetaScore
from .mean import Mean, MeanMetricWrapper
from .metric import Metric
from .registry import CLASSES, from_config, get, resolve
from .regression import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    RootMeanSquaredError,
)
from .top_k import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy, top_k_accuracy

__all__ = [
    "AUC",
    "CLASSES",
    "Accuracy",
    "Averages",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "Recall",
    "Report",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "accuracy",
    "binary_accuracy",
    "classification_report",
    "confusion_matrix",
    "from_config",
    "get",
    "resolve",
    "top_k_accuracy",
]
