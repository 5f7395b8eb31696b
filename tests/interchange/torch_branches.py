"""The network ``branches`` of `test_torch.py` in PyTorch, in a process of its own, beside which Julia may run.

    python torch_branches.py job.npz done.npy

The job has the ``state_dict`` under ``state/…`` and images ``x`` (N, height, width, channels); the result is what
the network gives for them.
"""

import sys

import numpy as np


def main(job_path, result_path):
    import torch
    from torch import nn

    with np.load(job_path) as job:
        state = {k.removeprefix("state/"): torch.from_numpy(job[k]) for k in job.files if k != "x"}
        images = torch.from_numpy(job["x"]).permute(0, 3, 1, 2)
    net = nn.ModuleDict(
        {
            "first": nn.Conv2d(3, 4, 3, padding="same"),
            "bn": nn.BatchNorm2d(4, eps=1e-3),
            "shortcut": nn.Conv2d(3, 4, 1),
            "gate": nn.Linear(4, 4),
            "head": nn.Linear(52, 5),
        }
    )
    state["bn.num_batches_tracked"] = torch.tensor(0)
    net.load_state_dict(state)
    net.eval()
    with torch.no_grad():
        y = net["bn"](torch.relu(net["first"](images))) + net["shortcut"](images)
        means = y.mean((2, 3))
        y = y * torch.sigmoid(net["gate"](means))[:, :, None, None]
        flat = nn.functional.max_pool2d(y, 2).flatten(1)
        logits = net["head"](torch.cat([flat, means, flat - torch.relu(flat)], 1))
    np.save(result_path, logits.numpy())


if __name__ == "__main__":
    main(*sys.argv[1:])
