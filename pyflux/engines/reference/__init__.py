"""The reference engine: the same networks in plain NumPy, written to be read."""
