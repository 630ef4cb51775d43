"""Training: what is set up, the update, the loop around it, and the states that it leaves.

It imports everything above it but `experiments` and `commands`.
"""
