"""What a province changes in a framework, whether it may, and what can still be compared."""
