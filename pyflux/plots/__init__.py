"""Pictures of trainings, of mistakes and of what a network sees; they need the extra ``plot``.

Each function draws on a matplotlib ``Axes``, and returns it: the one given as ``ax``, or one in a figure of
its own. `training_curves` draws a panel for each quantity and returns the ``Figure``.

>>> import pyflux
>>> ax = pyflux.plots.confusion_matrix([[9, 1], [0, 10]], class_names=["cat", "dog"])
>>> ax.get_xlabel()
'predicted class'
"""

from .augmented_samples import augmented_samples
from .confusion_matrix import confusion_matrix
from .feature_maps import feature_maps
from .filters import filters
from .label_errors import label_errors
from .learning_rates import learning_rates
from .most_confused import most_confused
from .report import report
from .saliency import grad_cam, saliency
from .training_curves import training_curve, training_curves
from .worst_mistakes import worst_mistakes

__all__ = [
    "augmented_samples",
    "confusion_matrix",
    "feature_maps",
    "filters",
    "grad_cam",
    "label_errors",
    "learning_rates",
    "most_confused",
    "report",
    "saliency",
    "training_curve",
    "training_curves",
    "worst_mistakes",
]
