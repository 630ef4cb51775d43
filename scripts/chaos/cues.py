"""Random lines as subtitles through `seq2seq translate --format srt`: every cue keeps its place and times."""

from __future__ import annotations

import random
import re

_TIMES = re.compile(rb"^\d\d:\d\d:\d\d,\d\d\d --> \d\d:\d\d:\d\d,\d\d\d\r?$", re.MULTILINE)
CUES = 60
"""Cues of a file."""


def make_subtitles(rng: random.Random, lines: list[bytes]) -> bytes:
    """Return a file of subtitles whose cues have one or two of the lines, in UTF-8 or not."""
    texts = [line for line in lines if line.strip() and len(line) < 200 and b"-->" not in line]
    cues, second = [], 0
    for number in range(1, CUES + 1):
        begin, second = second, second + rng.randint(1, 5)
        text = b"\n".join(line.replace(b"\r", b" ") for line in rng.sample(texts, rng.randint(1, 2)))
        cues.append(b"%d\n%b --> %b\n%b\n" % (number, _clock(begin), _clock(second), text))
    return b"\n".join(cues)


def _clock(second: int) -> bytes:
    return b"00:%02d:%02d,000" % divmod(second, 60)


def cue_problems(data: bytes, out: bytes) -> list[str]:
    """Return what is wrong with the times of translated subtitles; nothing if all are as they were."""
    before, after = _TIMES.findall(data), _TIMES.findall(out)
    return [] if before == after else [f"{len(before)} cues in, {len(after)} out, or at other times"]
