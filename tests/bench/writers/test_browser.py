"""The page in a real browser, in a frame of a phone's width and in a desktop's: one start for all tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import replace
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bench.row import Report
from bench.writers.html import html
from tests.bench.writers.made import REPORT, cloud, row, worst

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE, DESKTOP = WIDTHS = (360, 1600)
PATIENCE_S = 120.0
NAME = "</script><script>window.hacked = 1</script><b>m</b>"
# WebGL by software, so that no graphics card is needed; nothing that asks the network by itself.
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--window-size=2100,900",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--remote-debugging-port=0",
)  # fmt: skip
SCRIPTS = Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
# The first script notes what goes wrong, before anything else runs; the second tries the page, and posts
# what it found to the frame's owner; the third is the owner's, and posts it here.
WATCH, TRY, GATHER = (f"<script>{part}</script>" for part in SCRIPTS.split("// ---\n"))


def report() -> Report:
    """Three models that lost different amounts, a name that would break out, two photos' clouds."""
    rows = [row("float32", model=NAME)]
    for number, lost in enumerate((0.4, 10.5, -2.25)):
        one = row(model=f"m{number}")
        accuracy = one.accuracy["nyu_dev"]
        score = replace(accuracy.scores["delta1"], drop=lost)
        every = {name: replace(accuracy, scores={"delta1": score}) for name in ("nyu_dev", "kitti2015")}
        rows.append(replace(one, accuracy=every))
    clouds = (cloud("float32", NAME), cloud("int8", NAME), cloud("int8", "kitchen"))
    return replace(REPORT, rows=tuple(rows), clouds=clouds, worst=(worst(NAME, NAME),))


def watched(page: str) -> str:
    return page.replace("<title>", f"{WATCH}<title>", 1).replace("</body>", f"{TRY}</body>")


class Handler(SimpleHTTPRequestHandler):
    """Gives the files of a folder to the browser, and keeps what that posts."""

    posted: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing: the test says what is wrong."""


def browsed(chromium: str, folder: Path) -> list[dict[str, Any]]:
    """What the frames of `frames.html` posted, one after the other."""
    Handler.posted = []
    with HTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        server.timeout = 1
        page = f"http://127.0.0.1:{server.server_port}/frames.html"
        profile = f"--user-data-dir={folder / 'profile'}"
        with (folder / "log").open("wb") as log:
            browser = subprocess.Popen([chromium, *OPTIONS, profile, page], stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_S
        try:
            while len(Handler.posted) < len(WIDTHS) and time.monotonic() < end and browser.poll() is None:
                server.handle_request()
        finally:
            browser.terminate()
            browser.wait(30)
    return Handler.posted


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """Width of the frame → what was found in it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("page")
    # One of them with clouds: WebGL by software takes seconds.
    for width, shown in ((PHONE, report()), (DESKTOP, replace(report(), clouds=()))):
        (folder / f"{width}.html").write_text(watched(html(shown)), "utf-8")
    frames = (f'<iframe src="{w}.html" width="{w}" height="800" frameborder="0"></iframe>' for w in WIDTHS)
    (folder / "frames.html").write_text(GATHER + "".join(frames), "utf-8")
    posted = browsed(CHROMIUM, folder)
    assert not [one for one in posted if "fault" in one]
    assert len(posted) == len(WIDTHS), (folder / "log").read_text(errors="replace")[-2000:]
    return {one["frame"]: one for one in posted}


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, found: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return found[request.param]


def test_it_loads_without_a_fault_or_a_request(page: dict[str, Any]) -> None:
    assert page["faults"] == []
    assert page["requests"] == []


def test_no_name_becomes_a_script(page: dict[str, Any]) -> None:
    assert page["hacked"] == 0
    assert NAME in page["legend"]


def test_nothing_sticks_out_of_the_page(page: dict[str, Any]) -> None:
    assert page["scroll"] == page["width"]
    assert page["sticky"] == "sticky"


def test_a_click_sorts_and_dashes_stay_last(page: dict[str, Any]) -> None:
    assert page["up"] == [["-2.25", "+0.40", "+10.50", "–"], "ascending"]
    assert page["down"] == [["+10.50", "+0.40", "-2.25", "–"], "descending"]
    assert page["focus"]


def test_the_trade_off_is_drawn(page: dict[str, Any]) -> None:
    assert page["points"] == 4
    assert {"m0", "m1", "m2", "tflite int8", "tflite float32"} <= set(page["legend"])


@pytest.fixture
def clouds(found: dict[int, dict[str, Any]]) -> dict[str, Any]:
    if not found[PHONE]["webgl"]:
        pytest.skip("this browser has no WebGL")
    return found[PHONE]


def test_the_cloud_is_drawn_as_the_photo_shows_it(clouds: dict[str, Any]) -> None:
    """Red on the left and green on the right, most of the view full."""
    (red_left, green_left), (red_right, green_right) = clouds["cloud"]["left"], clouds["cloud"]["right"]
    assert red_left > 0.4 < green_right
    assert green_left < 0.05 > red_right


def test_another_file_is_seen_from_the_same_place(clouds: dict[str, Any]) -> None:
    assert clouds["eye1"] == {"x": 0.5, "y": 1, "z": 0.5}


def test_another_photo_is_seen_from_its_own_place(clouds: dict[str, Any]) -> None:
    assert clouds["eye2"]["x"] == clouds["eye2"]["z"] == 0
    assert clouds["eye2"]["y"] < 0
