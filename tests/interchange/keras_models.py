"""Models that Keras itself saves: `save`, for `ask_keras`."""

import numpy as np


def save(keras, folder):
    """Save some models in all of Keras's formats, with samples and predictions."""
    layers, rng = keras.layers, np.random.default_rng(0)
    x = rng.random((3, 12, 10, 3), dtype="f")
    inner = keras.Sequential(
        [layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.LeakyReLU(0.1)], name="base"
    )
    stack = keras.Sequential(
        [
            keras.Input((12, 10, 3)), layers.Rescaling(2.0, offset=-1), layers.RandomFlip("horizontal"), inner,
            layers.Conv2D(5, (2, 3), strides=2, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
            layers.BatchNormalization(scale=False), layers.MaxPooling2D(2, padding="same"), layers.Dropout(0.3),
            layers.Flatten(), layers.Dense(6, activation="gelu", kernel_constraint="max_norm"),
            layers.Dense(4, use_bias=False), layers.Softmax(),
        ],
        name="stack",
    )  # fmt: skip
    image = keras.Input((12, 10, 3))
    hidden = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="selu")(image))
    chain = keras.Model(image, layers.Dense(3, activation=layers.ReLU(max_value=6))(hidden), name="chain")
    shortcut = layers.Conv2D(4, 1, name="shortcut")(image)
    main = layers.Conv2D(4, 3, padding="same")(layers.ReLU()(layers.Conv2D(5, 3, padding="same")(image)))
    added = layers.Concatenate()([layers.Add()([main, shortcut]), image])
    gate = layers.Dense(7, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(added))
    branches = keras.Model(image, layers.Multiply()([inner_block(layers)(added), gate]), name="branches")
    tower = keras.Sequential(
        [keras.Input((12, 10, 3)), layers.Conv2D(4, 3, activation="relu"), layers.GlobalMaxPooling2D()],
        name="tower",
    )
    dense = layers.Dense(4, activation="tanh")
    mixed = layers.Conv2D(3, 1)(image)
    shared = keras.Model(
        image, layers.Add()([dense(dense(tower(image))), dense(tower(mixed))]), name="shared"
    )
    for model in (stack, chain, branches, shared):
        model.set_weights([w + rng.uniform(0.1, 0.5, w.shape).astype("f") for w in model.get_weights()])
        model.save(f"{folder}/{model.name}.keras")
        model.save(f"{folder}/{model.name}.h5")
        model.save_weights(f"{folder}/{model.name}.weights.h5")
        weights = {f"w{i:02}": w for i, w in enumerate(model.get_weights())}
        np.savez(f"{folder}/{model.name}.npz", x=x, y=model.predict(x, verbose=0), **weights)
    other = keras.Input((12, 10, 3))
    keras.Model([image, other], layers.Add()([image, other])).save(f"{folder}/inputs.keras")
    keras.Sequential([keras.Input((4, 2)), layers.LSTM(3, name="memory")]).save(f"{folder}/other.keras")


def inner_block(layers):
    """Return a model within a model, with a branch of its own."""
    import keras

    inputs = keras.Input((12, 10, 7))
    return keras.Model(inputs, layers.Add()([layers.BatchNormalization()(inputs), inputs]), name="block")
