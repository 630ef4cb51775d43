"""The equations of the three networks in NumPy, one step at a time, and their gradients derived by hand.

It imports the ground, `text`, `config` and `storage`; no torch.
"""
