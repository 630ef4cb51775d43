"""What one sees on the page while typing, with a worker whose answers can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("selenium")

from facepage import FacePage, page_of
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from seq2seq.page.bundle import FACE
from seq2seq.page.script_modules import joined_script

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CURVE = {"0": 46.3, "4": 53.3, "8": 59.4, "full": 63.5}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(tmp_path_factory.mktemp("page"), curve=CURVE)


@pytest.fixture
def page(chrome: Chrome, path: Path) -> FacePage:
    return FacePage(chrome, path).open()


def choose_lag(page: FacePage, lag: int) -> None:
    slider = page.element("lag")
    page.script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", slider, lag
    )


def test_at_lag_8_the_ninth_letter_lets_the_first_one_be_written(page: FacePage) -> None:
    """The last letter is not read before it is known to be complete: an accent could follow."""
    page.type("where is the")
    page.wait_for("WHE", "RE IS THE")
    assert page.marked("mark-pending") == "re is th"
    assert page.element("state").text == "11 read, 3 written, 8 waiting"
    page.type("\n")
    page.wait_for("WHERE IS THE", "")
    assert page.marked("mark-pending") == ""


def test_the_slider_may_move_in_the_middle_of_a_sentence(page: FacePage) -> None:
    page.type("where is the")
    page.wait_for("WHE")
    slider = page.element("lag")
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    page.wait_for("WHERE", " IS THE")
    slider.send_keys(Keys.END)
    page.wait_for("", "WHERE IS THE")
    assert page.element("lag-value").text == "full"
    assert slider.get_attribute("aria-valuetext") == "full: waits for the end of the sentence"
    slider.send_keys(Keys.HOME)
    page.wait_for("WHERE IS TH", "E")
    assert page.element("lag-meaning").text.startswith("A letter for each letter")
    page.type("e")
    page.wait_for("WHERE IS THE", "E")
    assert page.element("source").get_attribute("value") == "where is thee"


def test_at_lag_full_a_pause_has_the_grey_text_searched_with_a_beam(page: FacePage) -> None:
    """The worker of the tests leaves the letters small where it is asked to be quick."""
    page.element("lag").send_keys(Keys.END)
    page.script(
        "window.asked = []; const post = Worker.prototype.postMessage;"
        "Worker.prototype.postMessage = function (m) { asked.push([m.quick, m.search]); post.call(this, m); }"
    )
    page.element("source").click()
    page.insert("one two. and so")
    page.wait_for("ONE TWO.", " AND SO")
    assert page.script("return asked") == [[True, "beam"], [False, "beam"]]
    page.insert("\n")
    page.wait_for("ONE TWO. AND SO", "")
    assert page.script("return asked.slice(2)") == [[False, "beam"]]
    page.element("lag").send_keys(Keys.HOME)
    page.wait_for("ONE TWO. AND SO", "")
    assert page.script("return asked.slice(3)") == [[False, "greedy"]]


def test_the_slider_offers_the_lags_of_the_model(chrome: Chrome, tmp_path: Path) -> None:
    some = FacePage(chrome, page_of(tmp_path, lags={"min": 3, "max": 5, "full": False})).open()
    slider = some.element("lag")
    assert some.element("lag-value").text == "5"
    slider.send_keys(Keys.HOME)
    assert some.element("lag-value").text == "3"
    assert not some.element("curve-card").is_displayed()
    only = FacePage(chrome, page_of(tmp_path, lags={"min": "full", "max": "full", "full": True})).open()
    assert only.element("lag-value").text == "full"
    assert not only.element("lag").is_enabled()


def test_five_thousand_characters_may_be_pasted(page: FacePage) -> None:
    text = ("this is a sentence of no importance. " * 136)[:5000]
    page.element("source").click()
    page.insert(text)
    page.until(lambda: len(page.written() + page.drafted()) >= 4900)
    page.insert("\n")
    page.wait_for(text.upper())
    page.type("a\n")
    page.wait_for(text.upper() + "A")


def test_a_paste_that_does_not_fit_is_reported(page: FacePage) -> None:
    code = """const data = new DataTransfer();
        data.setData("text", "a".repeat(arguments[0]));
        document.getElementById("source").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}))"""
    page.script(code, 20_001)
    assert page.element("notice").text == "Only the first 20000 characters fit; the rest was not pasted."
    page.script(code, 20_000)
    assert page.element("notice").text == ""


def test_a_newer_text_replaces_an_older_one_that_is_not_finished(page: FacePage) -> None:
    page.element("source").click()
    page.insert("no. " * 1200)
    page.press(Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE)
    page.type("yes, i do\n")
    page.wait_for("YES, I DO", "")


def test_a_change_in_the_first_of_three_lines_leaves_the_others(page: FacePage) -> None:
    page.type("one\ntwo\nsix\n")
    page.wait_for("ONETWOSIX", "")
    page.press(Keys.CONTROL, Keys.HOME, Keys.NULL, "n", "o", " ")
    page.wait_for("NO ONETWOSIX", "")
    assert [row.text for row in page.browser.find_elements(By.CSS_SELECTOR, "#target .row")][:3] == [
        "NO ONE",
        "TWO",
        "SIX",
    ]


def test_what_is_copied_is_marked_on_both_sides(page: FacePage) -> None:
    page.type("send $49.99 🍕 to ana@example.com now, please\n")
    page.wait_for("SEND $49.99 🍕 TO ana@example.com NOW, PLEASE")
    assert page.marked("mark-span") == "$49.99🍕ana@example.com"
    assert page.written(".copied") == "$49.99🍕ana@example.com"


def test_the_letters_of_a_span_that_were_read_before_it_was_known_are_shown_once(chrome: Chrome) -> None:
    source = [{"text": " ", "start": 2, "end": 3}, {"text": "a", "start": 3, "end": 4}]
    source.append({"text": "a@b.org", "start": 3, "end": 10})
    chrome.get("about:blank")
    code = f"{joined_script(FACE / 'steps.js')}\nreturn arguments[0].map((_, s, a) => $steps.added(a, s));"
    assert chrome.execute_script(code, source) == [" ", "a", "@b.org"]


def test_a_letter_under_the_pointer_tells_what_it_was_made_from(page: FacePage) -> None:
    page.type("🍕 where is the station\n")
    page.wait_for("🍕 WHERE IS THE STATION")
    letters = page.browser.find_elements(By.CSS_SELECTOR, "#target .letter")
    ActionChains(page.browser).move_to_element(letters[3]).perform()
    page.until(lambda: page.marked("mark-looked"))
    assert page.marked("mark-looked") == "wh"  # 20 % and 80 % of the attention of the H
    assert page.marked("mark-edge") == "t"  # 4 + 8 symbols had been read
    facts = page.element("letter-facts").text
    assert "It had read: 12 letters" in facts
    assert "90%" in facts
    assert "6%" in facts
    unread = page.browser.find_elements(By.CSS_SELECTOR, "#letter-facts .unread")
    assert "".join(letter.text or " " for letter in unread) == "he station"
    ActionChains(page.browser).move_to_element(page.element("lag-value")).perform()
    page.until(lambda: not page.marked("mark-looked"))


def test_the_step_strip_says_what_it_shows_and_may_be_pointed_at(page: FacePage) -> None:
    page.type("where is\n")
    page.wait_for("WHERE IS")
    strip = page.element("strip")
    page.until(lambda: "writes: WHERE IS" in str(strip.get_attribute("aria-label")))
    # The first letter is written in the ninth column; margin and columns are 0.3 and 1.25 letters wide.
    size = page.script("return parseFloat(getComputedStyle(document.documentElement).fontSize)")
    x = round(0.3 * size) + 8.5 * round(1.25 * size)
    move = "{clientX: arguments[1], clientY: arguments[2]}"
    code = f"arguments[0].dispatchEvent(new PointerEvent('pointermove', {move}))"
    box = page.script("const b = arguments[0].getBoundingClientRect(); return [b.left, b.top]", strip)
    page.script(code, strip, box[0] + x, box[1] + 10)
    page.until(lambda: page.marked("mark-looked") == "w")


def test_the_gates_are_drawn_when_they_are_asked_for(page: FacePage) -> None:
    page.type("where is\n")
    page.wait_for("WHERE IS")
    page.browser.find_element(By.CSS_SELECTOR, "#gates-card summary").click()
    gates = page.element("gates")
    page.until(lambda: "forget" in str(gates.get_attribute("aria-label")))
    code = """const {width, height} = arguments[0];
        const pixels = arguments[0].getContext('2d').getImageData(0, 0, width, height).data;
        const seen = new Set();
        for (let i = 0; i < pixels.length; i += 4) seen.add(pixels.slice(i, i + 3).join());
        return seen.size"""
    assert page.script(code, gates) > 50
    page.element("gates-units").send_keys("1 to 8")
    page.until(lambda: "1,2,3,4,5,6,7,8" in str(gates.get_attribute("aria-label")))


def test_the_curve_marks_the_chosen_lag(page: FacePage) -> None:
    page.browser.find_element(By.CSS_SELECTOR, "#curve-card summary").click()

    def scores() -> list[str]:
        found = page.browser.find_elements(By.CSS_SELECTOR, "#curve-card .score")
        return [element.text for element in found]

    page.until(lambda: scores() == ["59.4"])
    choose_lag(page, 4)
    page.until(lambda: scores() == ["53.3"])
    choose_lag(page, 5)
    page.until(lambda: not page.browser.find_elements(By.CSS_SELECTOR, "#curve-card .score"))
    assert page.browser.find_elements(By.CSS_SELECTOR, "#curve-card .chosen")


def test_an_example_is_typed_letter_by_letter(page: FacePage) -> None:
    page.browser.find_elements(By.CSS_SELECTOR, ".example")[0].click()
    seen = page.until(lambda: page.element("source").get_attribute("value"))
    assert len(seen) < 25
    page.wait_for("THE LITTLE WHITE HOUSE IS OLD.", "")


def test_it_speaks_both_languages(page: FacePage) -> None:
    page.type("hello, hello")
    page.element("speak-es").click()
    assert page.script("return document.documentElement.lang") == "es"
    assert page.browser.title == "Traducir mientras se escribe"
    page.until(lambda: page.element("state").text == "11 leídas, 3 escritas, 8 en espera")
    page.element("speak-en").click()
    page.until(lambda: page.element("state").text == "11 read, 3 written, 8 waiting")
    assert "undefined" not in page.browser.find_element(By.TAG_NAME, "body").text


def test_a_model_that_cannot_be_loaded_is_reported(chrome: Chrome, path: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text(path.read_text("utf-16").replace('id="model">{', 'id="model">?'), "utf-16")
    page = FacePage(chrome, broken).open()
    assert page.element("notice").text == "The model could not be loaded: the model is damaged"
