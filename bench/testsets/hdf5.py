"""HDF5 files (MATLAB 7.3 .mat, .h5), with errors of one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.testsets.shot import DataError

if TYPE_CHECKING:
    import h5py

Read = Callable[[str, int], NDArray[Any]]
# Images of one chunk are then decompressed once where a chunk spans several of them.
CHUNK_CACHE_BYTES = 64 * 2**20


def array(path: Path, *names: str) -> tuple[NDArray[Any], ...]:
    """The whole datasets `names`; DataError where the file is broken or has no such dataset."""
    with _one_line(path), _file(path) as file:
        return tuple(np.asarray(_dataset(path, file, name)) for name in names)


def reader(path: Path) -> Read:
    """read(name, i) → entry i of dataset `name` along its first axis; DataError as above.

    The file is opened once a process: a handle does not survive a fork. Threads may share it.
    """
    handles: dict[int, h5py.File] = {}
    lock = Lock()

    def read(name: str, index: int) -> NDArray[Any]:
        with _one_line(path), lock:
            process = os.getpid()
            if process not in handles:
                handles[process] = _file(path)
            return np.asarray(_dataset(path, handles[process], name)[index])

    return read


def shape(path: Path, name: str) -> tuple[int, ...]:
    """The shape of a dataset."""
    with _one_line(path), _file(path) as file:
        found: tuple[int, ...] = _dataset(path, file, name).shape
        return found


def texts(path: Path, name: str) -> tuple[str, ...] | None:
    """A MATLAB cell array of strings, which is a dataset of references to UTF-16 codes; None: absent."""
    with _one_line(path), _file(path) as file:
        if name not in file:
            return None
        references = np.asarray(_dataset(path, file, name)).ravel()
        return tuple("".join(map(chr, np.asarray(file[reference]).ravel())) for reference in references)


def _file(path: Path) -> h5py.File:
    try:
        import h5py
    except ImportError:
        raise DataError(f"{path}: needs the package h5py (pip install 'plumb-depth[bench]')") from None
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    # Without locking: data sets lie on file systems that are read-only or know no locks.
    return h5py.File(path, "r", rdcc_nbytes=CHUNK_CACHE_BYTES, locking=False)


def _dataset(path: Path, file: h5py.File, name: str) -> h5py.Dataset:
    import h5py

    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise DataError(f"{path}: has no dataset '{name}'")
    return found


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """h5py tells of broken files by many exceptions, some of several lines."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, IndexError) as error:
        if isinstance(error, DataError):
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: not an HDF5 file that can be read ({first})") from error
