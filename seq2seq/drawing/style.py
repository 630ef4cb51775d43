"""One look for all figures: colours that colour-blind readers can tell apart, and letters that stay readable.

A figure is `WIDTH` inches wide, which is 800 pixels at 100 dots per inch; a letter of 10 points is then 14
pixels high. Lines that carry points also differ by their markers.
"""

from __future__ import annotations

from typing import Any, Final

WIDTH: Final = 8.0
"""Inches of a figure as wide as a page; files have `DPI` dots per inch and are shown at 100."""
DPI: Final = 150

COLOURS: Final = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "grey": "#7F7F7F",
    "black": "#000000",
}
"""The palette of Okabe and Ito (2008), with grey in the place of its yellow, which is faint on white."""
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY, BLACK = COLOURS.values()
MARKERS: Final = "osD^vXPd"

SETTINGS: Final[dict[str, Any]] = {
    "figure.dpi": 100,
    "savefig.dpi": DPI,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "grid.alpha": 0.3,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
}
"""Settings of matplotlib; the cycle of colours is added where matplotlib is imported."""

CELL_STYLES: Final[dict[str, dict[str, str]]] = {
    "rnn": {"color": VERMILION, "marker": "o"},
    "gru": {"color": GREEN, "marker": "s"},
    "lstm": {"color": BLUE, "marker": "^"},
    "lstm_peephole": {"color": PURPLE, "marker": "D"},
}
"""The colour and the marker of each recurrent cell, the same in all figures."""
