"""The equations of the three networks in NumPy, one step at a time, and their gradients derived by hand.

It imports `text`, `config` and `storage`, and no torch.
"""
