"""Sentence pairs to batches: fetching, reading, filtering, checking, preparing, augmenting.

It imports `text`, `config` and `storage`, and no torch.
"""
