"""Simulated pilots: invented units, what they would report, what judges say, and the truth."""

from ..seeds import rng
from .judges import JUDGES, Judge
from .pilot import Simulation, Truth, simulate
from .writing import simulate_command, write_simulation

__all__ = [
    "JUDGES",
    "Judge",
    "Simulation",
    "Truth",
    "rng",
    "simulate",
    "simulate_command",
    "write_simulation",
]
