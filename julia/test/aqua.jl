using Aqua: Aqua

Aqua.test_all(PyFlux)
