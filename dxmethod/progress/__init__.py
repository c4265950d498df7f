"""The way to the next level, and where the most points lie."""
