"""Robustness tests: random kills, damaged files, mutated configurations and random lines."""
