"""The contestants' programs: each runs in a process of its own, reads a job and prints its measurements."""
