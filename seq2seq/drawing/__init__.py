"""Figures: training curves, attention, the unrolled network; and their forms for a terminal.

It imports `measuring`, the translator, and whatever those may import; matplotlib only while drawing.
"""
