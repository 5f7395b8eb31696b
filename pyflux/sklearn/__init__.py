"""Estimators for scikit-learn: `FluxClassifier` and `FluxRegressor`.

They need the extra ``sklearn``, and work wherever scikit-learn takes an estimator: in a ``Pipeline``, in
``GridSearchCV`` and ``cross_val_score``, also with several processes, each of which starts its own Julia.

>>> from sklearn.datasets import load_iris
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> x, y = load_iris(return_X_y=True)
>>> pipeline = make_pipeline(StandardScaler(), FluxClassifier(engine="reference", random_state=0))
>>> bool(pipeline.fit(x, y).score(x, y) > 0.9)
True
"""

from .._internal.extras import require

require("sklearn", extra="sklearn", purpose="pyflux.sklearn")

from .classifier import FluxClassifier  # noqa: E402
from .regressor import FluxRegressor  # noqa: E402

__all__ = ["FluxClassifier", "FluxRegressor"]
