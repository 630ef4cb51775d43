"""The three networks in PyTorch: their layers, how they are built, and how they are decoded.

It imports `plain`, whose results it must reproduce, `corpus`, and what those may import.
"""
