"""The picture of the page: an animation that is small, and is refused where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from scripts.release import page_picture


def frames() -> list[Image.Image]:
    colours = [(255, 255, 255), (11, 83, 148), (162, 59, 5)]
    return [Image.new("RGB", (40, 20), colour) for colour in colours]


def test_each_frame_is_shown_and_the_last_one_longest(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    page_picture.write_picture(frames(), path)
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == 3
        shown = []
        for number in range(3):
            image.seek(number)
            shown.append((image.convert("RGB").getpixel((5, 5)), image.info["duration"]))
    assert [duration for _, duration in shown] == [page_picture.LETTER_MS] * 2 + [page_picture.END_MS]
    assert len({colour for colour, _ in shown}) == 3


def test_a_picture_that_is_too_large_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_picture, "LARGEST", 100)
    with pytest.raises(ValueError, match="more than 100"):
        page_picture.write_picture(frames(), tmp_path / "page.png")
    assert list(tmp_path.iterdir()) == []
