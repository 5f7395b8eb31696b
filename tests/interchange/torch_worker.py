"""A network in PyTorch, in a process of its own: `test_torch.py` runs this file.

PyTorch and Julia do not get on in one process. The networks are written out here as their tutorials write
them, and not made from pyflux's descriptions, which are what is tested.

    python torch_worker.py job.npz result.npz

The job has the network's name, its ``state_dict`` under ``state/…``, images ``x`` (N, height, width, channels)
and labels ``y``, the batch size and the learning rate. The result has the logits before training, the losses
of the steps of one epoch, and the ``state_dict`` after it.
"""

import sys

import numpy as np


def networks(nn):
    """The networks by name. nn.Flatten has the channels first."""
    conv, pool, relu, flat, linear = nn.Conv2d, nn.MaxPool2d, nn.ReLU, nn.Flatten, nn.Linear
    return {
        "flux_mnist": lambda: [
            conv(1, 16, 3), relu(), pool(2), conv(16, 32, 3), relu(), pool(2), flat(), linear(800, 10),
        ],
        "keras_mnist": lambda: [
            conv(1, 32, 3), relu(), pool(2), conv(32, 64, 3), relu(), pool(2), conv(64, 64, 3), relu(),
            flat(), linear(576, 64), relu(), linear(64, 10),
        ],
        "keras_cifar": lambda: [
            conv(3, 32, 3), relu(), pool(2), conv(32, 64, 3), relu(), pool(2),
            flat(), linear(2304, 64), relu(), linear(64, 10),
        ],
        "torch_cifar": lambda: [
            conv(3, 32, 3, padding=1), relu(), pool(2), conv(32, 64, 3), relu(), pool(2),
            flat(), linear(3136, 64), relu(), linear(64, 10),
        ],
        "keras_imagenet": lambda: [
            conv(3, 32, 3), relu(), pool(2), conv(32, 64, 3), relu(), pool(2), conv(64, 128, 3), relu(),
            flat(), linear(128 * 52 * 52, 128), relu(), linear(128, 10),
        ],
    }  # fmt: skip


def main(job_path, result_path):
    import torch  # not above: pytest imports this file to look for doctests
    from torch import nn

    job = np.load(job_path)
    net = nn.Sequential(*networks(nn)[str(job["name"])]())
    net.load_state_dict(
        {k.removeprefix("state/"): torch.from_numpy(job[k]) for k in job.files if k.startswith("state/")}
    )
    x = torch.from_numpy(job["x"]).permute(0, 3, 1, 2).contiguous()
    y = torch.from_numpy(job["y"]).long()
    with torch.no_grad():
        result = {"logits": net(x).numpy()}
    optimizer = torch.optim.Adam(net.parameters(), lr=float(job["learning_rate"]), eps=1e-7)
    losses = []
    for images, labels in zip(x.split(int(job["batch_size"])), y.split(int(job["batch_size"])), strict=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    result["losses"] = np.array(losses)
    np.savez(result_path, **result, **{f"state/{k}": v.numpy() for k, v in net.state_dict().items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
