"""Scores of translations: quality, latency, and the evaluation of a model at several lags.

It imports `corpus`, `decoding`, the translator, and all that those may import.
"""
