"""Figures: training curves, attention, the unrolled network; and their forms for a terminal.

It imports `text`, `storage`, `plain`, `decoding` and `measuring`; matplotlib only while drawing.
"""
