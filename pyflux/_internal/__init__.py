"""Helpers shared by the whole package: argument validation and atomic files."""
