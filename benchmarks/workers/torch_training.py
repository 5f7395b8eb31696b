"""Training in PyTorch, as its tutorials write it and in its fastest form on a CPU.

Both take images as float32 in [0, 1], converted before timing starts, and train with Adam on a batch's mean
cross-entropy, in a new order each epoch. The networks are those of `tests/interchange/torch_worker.py`.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from tests.interchange.torch_worker import networks

LEARNING_RATE = 0.001


class Usual:
    """As tutorials write it: a DataLoader, NCHW, default Adam, `loss.item()` at every step."""

    def __init__(self, name: str) -> None:
        self.net = nn.Sequential(*networks(nn)[name]())
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE)
        self.criterion = nn.CrossEntropyLoss()

    def images(self, x: np.ndarray) -> Tensor:
        """Return uint8 images ``(N, height, width, channels)`` as the network expects them."""
        return torch.from_numpy(x).permute(0, 3, 1, 2).float().div(255).contiguous()

    def epoch(self, x: Tensor, y: Tensor, batch_size: int) -> float:
        """Train one epoch and return its mean loss."""
        data = torch.utils.data.TensorDataset(x, y)
        loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)
        self.net.train()
        running = 0.0
        for images, labels in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.net(images), labels)
            loss.backward()
            self.optimizer.step()
            running += loss.item() * len(labels)
        return running / len(x)

    def probabilities(self, x: Tensor, batch_size: int = 256) -> Tensor:
        """Return the probabilities of the classes, ``(N, 10)``."""
        self.net.eval()
        with torch.no_grad():
            return torch.cat([self.net(images).softmax(1) for images in x.split(batch_size)])

    def predictors(self, x: Tensor) -> Iterator[Callable[[Tensor], Tensor]]:
        """Yield the variants of prediction, of which the worker takes the fastest."""
        yield self.probabilities


class Best:
    """At its best: channels_last, relu in place, fused Adam, batches indexed from one tensor, no `item()`.

    Its process also reuses freed memory instead of returning it to the system at each step (see
    `contestants.py`), which gains more than all the rest.
    """

    compiled = False

    def __init__(self, name: str) -> None:
        layers = networks(nn)[name]()
        layers = [nn.ReLU(inplace=True) if isinstance(layer, nn.ReLU) else layer for layer in layers]
        self.net = nn.Sequential(*layers).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE, fused=True)
        self.loss = torch.compile(self._loss) if self.compiled else self._loss

    def images(self, x: np.ndarray) -> Tensor:
        """Return images ``(N, height, width, channels)`` as they are; channels_last is a view of them."""
        return torch.from_numpy(x).float().div_(255)

    def epoch(self, x: Tensor, y: Tensor, batch_size: int) -> float:
        """Train one epoch and return its mean loss."""
        self.net.train()
        total = torch.zeros(())
        for indices in torch.randperm(len(x)).split(batch_size):
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(x.index_select(0, indices).permute(0, 3, 1, 2), y.index_select(0, indices))
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(indices)
        return total.item() / len(x)

    def probabilities(self, x: Tensor, batch_size: int = 256) -> Tensor:
        """Return the probabilities of the classes, ``(N, 10)``."""
        self.net.eval()
        return self._outputs(self.net, x, batch_size)

    def predictors(self, x: Tensor) -> Iterator[Callable[[Tensor], Tensor]]:
        """Yield the network as it is and frozen, each with several batch sizes."""
        self.net.eval()
        example = x[:128].permute(0, 3, 1, 2)
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(self.net, example)))
        for net in (self.net, frozen):
            for batch_size in (128, 256, 1000):
                yield lambda x, net=net, batch_size=batch_size: self._outputs(net, x, batch_size)

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        return nn.functional.cross_entropy(self.net(x), y)

    @staticmethod
    def _outputs(net: Callable[[Tensor], Tensor], x: Tensor, batch_size: int) -> Tensor:
        with torch.inference_mode():
            if len(x) <= batch_size:
                return net(x.permute(0, 3, 1, 2)).softmax(1)
            return torch.cat([net(b.permute(0, 3, 1, 2)).softmax(1) for b in x.split(batch_size)])


class Compiled(Best):
    """The same with the forward pass, the loss and their gradients compiled by torch.compile."""

    compiled = True


STYLES: dict[str, type[Usual] | type[Best]] = {"usual": Usual, "best": Best, "compiled": Compiled}
