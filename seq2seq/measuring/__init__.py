"""Evaluation of translations: quality, latency, and the scores of a model at several lags.

It imports `storage`, `corpus` and `decoding`.
"""
