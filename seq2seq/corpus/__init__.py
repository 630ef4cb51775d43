"""Sentence pairs to batches: fetching, reading, filtering, checking, preparing, augmenting.

It imports the ground, `text`, `config` and `storage`, no torch.
"""
