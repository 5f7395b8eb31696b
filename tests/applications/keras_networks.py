"""Keras's published networks with random weights: `save`, for `ask_keras`."""

import numpy as np

NETWORKS = {"resnet": "ResNet50", "mobilenet_v2": "MobileNetV2", "efficientnet": "EfficientNetB0"}


def save(keras, folder):
    """Save each network without its top, as a file of weights, with images and what it makes of them."""
    rng = np.random.default_rng(0)
    for name, network in NETWORKS.items():
        model = getattr(keras.applications, network)(
            include_top=False, weights=None, input_shape=(64, 64, 3), pooling="avg"
        )
        weights = model.get_weights()
        for i, weight in enumerate(weights):
            if weight.ndim == 1:  # what starts as 0 or 1
                weights[i] = rng.uniform(0.5, 1.5, weight.shape).astype("f")
        model.set_weights(weights)
        model.save(f"{folder}/{name}.h5")
        high = 255 if name == "efficientnet" else 1
        x = rng.uniform(-1, high, (2, 64, 64, 3)).astype("f")
        np.savez(f"{folder}/{name}.npz", x=x, y=model.predict(x, verbose=0))
