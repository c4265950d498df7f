"""Run benchmarks: ``python -m benchmarks [names] [--repetitions N]``."""

from __future__ import annotations

import argparse
import os
import platform
import sys

# Before numpy is imported: one thread, or the bare product is not comparable.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from . import attribution, levels, measure, pages, points, reading, table  # noqa: E402

BENCHMARKS = {
    "attribution": attribution.cases,
    "levels": levels.cases,
    "pages": pages.cases,
    "points": points.cases,
    "reading": reading.cases,
}
# What is no ratio: said below the table.
REMARKS = {"attribution": attribution.sampling}


def main() -> None:
    """Measure the benchmarks named, all by default, and print one table each."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--repetitions", type=int, default=25, help="rounds, 15 or more")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown or options.repetitions < 15:
        parser.error(f"names are {', '.join(BENCHMARKS)}; at least 15 repetitions")
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, one BLAS thread, "
        f"medians of {options.repetitions} interleaved rounds"
    )
    for name in options.names or BENCHMARKS:
        print(f"\n## {name}\n")
        print(table(measure(BENCHMARKS[name](), options.repetitions)))
        if name in REMARKS:
            print(f"\n{REMARKS[name]()}")


if __name__ == "__main__":
    main()
