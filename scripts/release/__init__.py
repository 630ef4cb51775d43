"""Data, training and publication of the shipped model."""
