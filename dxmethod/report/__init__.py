"""The report: blocks shown in notebooks, gathered, numbered, written in four forms."""
