"""Functions of scipy.special, which takes longer to load than the rest of the package."""

from __future__ import annotations

from typing import Any


def ndtr(x: Any) -> Any:
    """Return the normal distribution function."""
    from scipy import special

    return special.ndtr(x)


def ndtri(p: Any) -> Any:
    """Return the normal quantile."""
    from scipy import special

    return special.ndtri(p)


def log_ndtr(x: Any) -> Any:
    """Return the logarithm of the normal distribution function."""
    from scipy import special

    return special.log_ndtr(x)


def gammaln(x: Any) -> Any:
    """Return the logarithm of the gamma function."""
    from scipy import special

    return special.gammaln(x)
