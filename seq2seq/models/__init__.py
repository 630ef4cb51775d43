"""The three networks in PyTorch: their layers, how they are built, and how they are decoded.

It imports `plain`, to which it must give the same results, and `text`, `config`, `storage` and `corpus`.
"""
