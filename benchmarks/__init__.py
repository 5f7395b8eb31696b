"""How fast pyflux is, against stock Flux, PyTorch and SimpleChains: `python -m benchmarks`."""
