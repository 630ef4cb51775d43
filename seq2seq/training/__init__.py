"""Training: the set-up of a run, the update, the loop, evaluation, and training states.

It imports `text`, `config`, `storage`, `corpus`, `plain`, `models`, `measuring` and `drawing`.
"""
