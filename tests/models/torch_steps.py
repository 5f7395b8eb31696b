"""Five steps of a network of `test_functional.py` in PyTorch, in a process of its own, beside which Julia may run.

    python torch_steps.py job.npz done.npz

The job has images ``x`` (N, height, width, channels), labels ``y`` and the weights ``w0`` to ``w3`` in Keras's layout;
the result has the weights after the steps.
"""

import sys

import numpy as np


def main(job_path, result_path):
    import torch

    with np.load(job_path) as job:
        images = torch.from_numpy(job["x"]).permute(0, 3, 1, 2)
        labels = torch.from_numpy(job["y"])
        kernel, bias, dense_kernel, dense_bias = (torch.from_numpy(job[f"w{i}"]) for i in range(4))
    conv, dense = torch.nn.Conv2d(3, 3, 3, padding=1), torch.nn.Linear(6, 5)
    with torch.no_grad():
        conv.weight.copy_(kernel.permute(3, 2, 0, 1))
        conv.bias.copy_(bias)
        dense.weight.copy_(dense_kernel.T)
        dense.bias.copy_(dense_bias)
    optimizer = torch.optim.SGD([*conv.parameters(), *dense.parameters()], lr=0.1)
    for _ in range(5):
        a = torch.relu(conv(images))
        logits = dense(torch.cat([a + images, a], 1).mean((2, 3)))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
    after = [conv.weight.permute(2, 3, 1, 0), conv.bias, dense.weight.T, dense.bias]
    np.savez(result_path, **{f"w{i}": w.detach().numpy() for i, w in enumerate(after)})


if __name__ == "__main__":
    main(*sys.argv[1:])
