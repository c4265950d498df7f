"""What all tests share: the repository's folder, steady hypothesis, one thread and no screen."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "agg")

# The same examples in every run, and no clock: a busy machine is not a fault.
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Folder of the repository, itself a workspace."""
    return Path(__file__).resolve().parents[1]
