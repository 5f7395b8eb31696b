"""A reader of HDF5 files that trusts none of them.

HDF5's own library crashes on some damaged files, never ends on others, allocates what a header says, and
reads other files of the machine where a link says so. This reader knows the part of the format that Keras and
h5py write by default: groups, attributes, and arrays of numbers, contiguous, compact or in compressed chunks.
It reads no more bytes than a fixed multiple of the file's size, follows no link to another file, and raises
``ValueError`` for everything else.

Source: the HDF5 File Format Specification, version 3.0, https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html.
"""

from .objects import Dataset, Group, open_hdf5

__all__ = ["Dataset", "Group", "open_hdf5"]
