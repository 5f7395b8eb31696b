"""The contestants' programs: each runs in a process of its own, gets a job and prints what it measured."""
