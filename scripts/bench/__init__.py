"""Benchmarks of training and decoding, relative to other systems or to the speed of the machine."""
