"""Evaluation of translations: quality, latency, and the scores of a model at several lags.

It imports `text`, `storage`, `corpus` and `decoding`.
"""
