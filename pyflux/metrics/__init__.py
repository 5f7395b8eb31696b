"""Metrics: numbers about predictions, computed from labels and outputs."""

from .functions import (
    Averages,
    Report,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    classification_report,
    confusion_matrix,
    top_k_accuracy,
)

__all__ = [
    "Averages",
    "Report",
    "TopKCategoricalAccuracy",
    "accuracy",
    "binary_accuracy",
    "classification_report",
    "confusion_matrix",
    "top_k_accuracy",
]
