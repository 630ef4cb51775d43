"""Training: the set-up of a run, the update, the loop, evaluation, and training states.

It imports everything above it but `experiments` and `commands`.
"""
