"""Callbacks: what runs between the batches and epochs of a training.

`fit`, `evaluate` and `predict` take them as ``callbacks=``. Names, arguments and defaults are Keras's. One
difference is deliberate: to monitor a quantity that is not logged is an error, since the callback would
silently do nothing.
"""

from .backup_and_restore import BackupAndRestore
from .callback import Callback, Model
from .callback_list import CallbackList, with_backup
from .csv_logger import CSVLogger
from .early_stopping import EarlyStopping
from .history import History
from .lambda_callback import LambdaCallback
from .learning_rate_scheduler import LearningRateScheduler
from .model_checkpoint import ModelCheckpoint
from .monitor import MonitorCallback
from .reduce_lr_on_plateau import ReduceLROnPlateau
from .tensor_board import TensorBoard
from .terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Model",
    "ModelCheckpoint",
    "MonitorCallback",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "with_backup",
]
