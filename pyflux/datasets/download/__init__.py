"""Verified downloads: several mirrors, one hash, and a file that is either complete or not there.

While it comes in, a file is called ``NAME.part``. It gets its name only when its hash is right. What an
interrupted download leaves is continued by the next one.
"""

from .checksum import Checksum, has_hash
from .deadline import Deadline
from .fetcher import fetch

__all__ = ["Checksum", "Deadline", "fetch", "has_hash"]
