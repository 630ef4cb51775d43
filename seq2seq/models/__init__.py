"""The three networks in PyTorch: their layers, how they are built, and how they are decoded.

It imports `plain`, which it must equal, `corpus`, and all that those may import.
"""
