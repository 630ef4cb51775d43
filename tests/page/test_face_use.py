"""The page by keyboard, read aloud, in the dark, on a phone, without a network, in front of a class."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("selenium")

from axe_core_python.base import AXE_SCRIPT
from facepage import FacePage, page_of
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CURVE = {"0": 46.3, "4": 53.3, "8": 59.4, "full": 63.5}
SPEECH = "return [...document.querySelectorAll('#spoken p')].map((e) => e.textContent)"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(tmp_path_factory.mktemp("page"), curve=CURVE)


@pytest.fixture
def page(chrome: Chrome, path: Path) -> FacePage:
    return FacePage(chrome, path).open()


def test_everything_can_be_reached_with_the_tab_key_and_shows_it(page: FacePage) -> None:
    page.type("hello, hello\n")
    page.wait_for("HELLO, HELLO")
    page.script("for (const part of document.querySelectorAll('details')) part.open = true")
    page.script("document.querySelector('.skip').focus()")
    reached: list[str] = []
    while not page.script("return document.activeElement === document.body") and len(reached) < 60:
        name, outline = page.script(
            "const e = document.activeElement;"
            "return [e.id || e.className || e.tagName, getComputedStyle(e).outlineStyle]"
        )
        assert outline != "none", name
        reached.append(name)
        page.press(Keys.TAB)
    wanted = [
        "skip",
        "speak-en",
        "lag",
        "example",
        "source",
        "copy",
        "target",
        "strip-scroller",
        "play",
        "record",
        "speed",
    ]
    wanted += ["position", "gates-side", "gates-units", "link"]
    places = [reached.index(name) for name in wanted]
    assert places == sorted(places)


def test_the_arrow_keys_go_through_the_letters(page: FacePage) -> None:
    page.type("one two\nsix\n")
    page.wait_for("ONE TWOSIX")
    page.press(Keys.TAB)
    page.press(Keys.TAB)
    chosen = "return document.querySelector('#target [aria-selected]')?.textContent"
    assert page.script(chosen) == "X"
    for key, letter in [
        (Keys.HOME, "O"),
        (Keys.ARROW_RIGHT, "N"),
        (Keys.ARROW_DOWN, "T"),
        (Keys.ARROW_DOWN, "S"),
        (Keys.ARROW_LEFT, "O"),
        (Keys.END, "X"),
    ]:
        page.press(key)
        assert page.script(chosen) == letter
    page.until(
        lambda: (
            "It had read: 3 letters"
            in str(page.script("return document.getElementById('letter-spoken').textContent"))
        )
    )
    active = page.element("target").get_attribute("aria-activedescendant")
    assert page.element(str(active)).text == "X"
    page.press(Keys.ESCAPE)
    assert page.script("return document.activeElement.id") == "source"
    assert page.script(chosen) is None


def test_whole_words_are_spoken_and_each_once(page: FacePage) -> None:
    text = "i think that we should go home now"
    page.type(f"{text}\n")
    page.until(lambda: "".join(page.script(SPEECH)).endswith("NOW"))
    spoken = page.script(SPEECH)
    assert " ".join(spoken) == text.upper()
    region = page.element("spoken")
    assert region.get_attribute("aria-live") == "polite"
    assert region.get_attribute("lang") == "es"


@pytest.mark.parametrize(("dark", "language"), [(False, "en"), (True, "es")])
def test_axe_finds_no_violation(chrome: Chrome, path: Path, dark: bool, language: str) -> None:
    page = FacePage(chrome, path).open(f"#ui={language}", dark=dark)
    page.type("send $49.99 to ana@example.com\nand the rest")
    page.wait_for("SEND $49.99 TO ana@example.comAND")
    page.script("for (const d of document.querySelectorAll('details')) d.open = true")
    page.element("target").send_keys(Keys.HOME)
    page.script(AXE_SCRIPT)
    found = page.browser.execute_async_script("axe.run(document, {}).then(arguments[arguments.length - 1])")
    problems = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert problems == []
    assert len(found["passes"]) > 20


def test_nothing_is_requested_and_nothing_is_stored(chrome: Chrome, path: Path) -> None:
    page = FacePage(chrome, path)
    page.requested()
    page.open()
    page.type("hello\n")
    page.wait_for("HELLO")
    page.element("play").click()
    page.until(lambda: page.browser.find_elements(By.CSS_SELECTOR, ".lane.is-over"))
    requested = [address for address in page.requested() if address != "about:blank"]
    assert requested[0] == path.as_uri()
    assert [address for address in requested[1:] if not address.startswith("blob:")] == []
    assert page.script(
        "return [document.cookie, localStorage.length, sessionStorage.length, location.hash]"
    ) == ["", 0, 0, ""]
    assert page.complaints() == []


@pytest.mark.parametrize(
    ("width", "dark"), [(320, False), (768, True), (1280, False), (1280, True), (3840, False)]
)
def test_it_fits_into_the_window_in_light_and_dark(
    chrome: Chrome, path: Path, tmp_path: Path, width: int, dark: bool
) -> None:
    page = FacePage(chrome, path).open(width=width, dark=dark)
    page.element("source").click()
    page.insert("send $49.99 to someone.with.a.long.name@a.very.long.example.com at once, please\nso")
    page.script("for (const d of document.querySelectorAll('details')) d.open = true")
    page.until(lambda: page.written().endswith("PLEASE"))
    assert page.overflow() <= 0
    picture = tmp_path / "page.png"
    page.browser.save_screenshot(str(picture))
    with Image.open(picture) as image:
        assert image.width == width
        corner = image.convert("L").getpixel((2, 2))
    assert isinstance(corner, int)
    assert (corner < 60) == dark


def test_right_to_left_text_stands_at_the_right(page: FacePage) -> None:
    page.element("source").click()
    page.insert("שלום")
    code = "return getComputedStyle(document.getElementById(arguments[0])).direction"
    assert page.script(code, "source") == "rtl"
    page.until(lambda: page.script(code, "backdrop") == "rtl")


def test_motion_that_is_unwelcome_is_left_out(chrome: Chrome, path: Path) -> None:
    page = FacePage(chrome, path).open()
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.browser.find_elements(By.CSS_SELECTOR, ".example")[0].click()
    assert page.element("source").get_attribute("value") == "The little white house is old.\n"


def lanes(page: FacePage) -> list[str]:
    return [lane.text for lane in page.browser.find_elements(By.CSS_SELECTOR, ".lane-text")]


def move_to(page: FacePage, place: int) -> list[str]:
    code = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    page.script(code, page.element("position"), place)
    return lanes(page)


def test_three_lags_play_side_by_side(page: FacePage) -> None:
    page.type("where is the station")
    page.element("speed").send_keys("40")
    page.element("play").click()
    page.until(lambda: page.browser.find_elements(By.CSS_SELECTOR, ".lane.is-over"))
    assert lanes(page) == ["WHERE IS THE STATION"] * 3
    assert move_to(page, 12) == ["WHERE IS TH", "WHE", ""]
    assert page.element("typed").text == "where is the"
    assert move_to(page, 20) == ["WHERE IS THE STATIO", "WHERE IS TH", ""]
    assert move_to(page, 21) == ["WHERE IS THE STATION"] * 3


def test_typing_is_recorded_without_its_corrections_and_played_as_it_was(page: FacePage) -> None:
    page.element("record").click()
    assert page.script("return document.activeElement.id") == "source"
    page.press("h", "o", Keys.BACKSPACE, "i")
    page.element("record").click()
    assert "Recorded 2 letters" in page.element("lanes-state").text
    page.element("play").click()
    page.until(lambda: page.browser.find_elements(By.CSS_SELECTOR, ".lane.is-over"))
    assert page.element("typed").text == "hi"
    assert lanes(page) == ["HI"] * 3


def test_text_and_lag_travel_in_the_address_when_they_are_asked_to(chrome: Chrome, path: Path) -> None:
    page = FacePage(chrome, path).open(f"#lag=2&text={quote('one & two')}&ui=es")
    page.wait_for("ONE & ", "TWO")
    assert page.script("return document.documentElement.lang") == "es"
    page.script("document.getElementById('source').setSelectionRange(99, 99)")
    page.type("s")
    page.element("link").click()
    page.until(lambda: "text=one+%26+twos" in page.browser.current_url)
    assert "lag=2" in page.browser.current_url
    page.script("location.hash = '#lag=full&text=' + encodeURIComponent('three\\n')")
    page.wait_for("THREE")
    assert page.element("lag-value").text == "total"


def test_an_address_with_nonsense_does_no_harm(chrome: Chrome, path: Path) -> None:
    page = FacePage(chrome, path).open("#lag=-3&text=%3Cscript%3Ealert(1)%3C/script%3E%0A&ui=xx&%%%")
    page.wait_for("<SCRIPT>ALERT(1)</SCRIPT>")
    assert page.element("lag-value").text == "8"
