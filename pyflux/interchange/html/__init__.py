"""A model as a web page that runs it in the browser: one file, offline, without a server."""

from .page import export_html

__all__ = ["export_html"]
