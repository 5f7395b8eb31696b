"""Benchmarks of pyflux against stock Flux, PyTorch and SimpleChains: `python -m benchmarks`."""
