"""What the way through Python costs: epochs of `fit` against the same epochs in the Julia script.

    python benchmarks/bridge.py --data-dir FOLDER

Both train flux_mnist on 50,000 images with the same batches, each in a process of its own, in turn; the first
epoch of each, which compiles, is left out. Prints medians and their ratio.
"""

import argparse
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
IN_PYTHON = """
import sys, pyflux
data_dir, epochs, batch_size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
result = pyflux.train_mnist(data_dir=data_dir, epochs=epochs, batch_size=batch_size, verbose=0)
print(*result.seconds_per_epoch)
"""


def python_seconds(data_dir: str, epochs: int, batch_size: int) -> list[float]:
    out = subprocess.run(
        [sys.executable, "-c", IN_PYTHON, data_dir, str(epochs), str(batch_size)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [float(s) for s in out.split()][1:]


def julia_seconds(julia: str, data_dir: str, epochs: int, batch_size: int) -> list[float]:
    out = subprocess.run(
        [
            julia, "--startup-file=no", "--threads=auto", str(ROOT / "julia" / "train_mnist.jl"),
            f"--data={data_dir}", f"--epochs={epochs}", f"--batch-size={batch_size}",
        ],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [float(m[1]) for m in re.finditer(r"^ +\d+ +(\d+\.\d\d)  ", out, re.M)][1:]


def main() -> None:
    import juliapkg

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder with MNIST")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=2)
    a = parser.parse_args()
    seconds: dict[str, list[float]] = {"python": [], "julia": []}
    for _ in range(a.rounds):
        seconds["julia"] += julia_seconds(juliapkg.executable(), a.data_dir, a.epochs, a.batch_size)
        seconds["python"] += python_seconds(a.data_dir, a.epochs, a.batch_size)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"{name:>7}: median {medians[name]:.2f} s an epoch, of {sorted(round(v, 2) for v in values)}")
    print(f"  ratio: {medians['python'] / medians['julia']:.3f}")


if __name__ == "__main__":
    main()
