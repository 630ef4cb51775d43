"""Evaluation of translations: quality, latency, and the scores of a model at several lags.

It imports `corpus`, `decoding`, the translator, and whatever those may import.
"""
