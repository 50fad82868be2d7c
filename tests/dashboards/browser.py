"""A real browser without a screen: Debian's Chromium, driven by its own driver."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "no chromium and chromedriver on PATH, so no page was opened in a browser: apt install chromium chromium-driver"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
)
PATIENCE_S = 60
SETTLED = """
const app = document.querySelector('[data-testid="stApp"]');
return !!app && app.getAttribute('data-test-script-state') === 'notRunning' && !!document.querySelector('.fl-head')
    && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
    && [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].every(chart => chart.querySelector('svg, canvas'));
"""


class Browser:
    """One window."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    def look(self, *, is_dark: bool = False, width: int = 1280, zone: str = "UTC") -> None:
        """From here on it prefers a theme, has a width, and is in a time zone."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.chrome.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": zone})

    def open(self, address: str) -> None:
        """Returns when the page is there as a whole."""
        self.chrome.get(address)
        self.settle()

    def settle(self) -> None:
        """Waits until nothing moves any more."""
        time.sleep(0.3)  # until a click has reached the server
        deadline = time.monotonic() + PATIENCE_S
        while not self.chrome.execute_script(SETTLED):
            assert time.monotonic() < deadline, self.text()[:500]
            time.sleep(0.1)

    def text(self) -> str:
        """What a person reads."""
        return self.chrome.find_element(By.TAG_NAME, "body").text

    def ground(self) -> str:
        """The colour of the page, as #rrggbb."""
        shown = self.run("return getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).backgroundColor")
        return "#" + "".join(f"{int(each):02x}" for each in re.findall(r"\d+", shown)[:3])

    def choose(self, label: str, option: str) -> None:
        """Picks from a select box by keyboard."""
        box = self.chrome.find_element(By.CSS_SELECTOR, f'input[aria-label*="{label}"]')
        box.send_keys(Keys.ENTER)
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(option)
        time.sleep(0.4)
        box.send_keys(Keys.ENTER)
        self.settle()

    def shot(self, path: Path) -> None:
        """A picture of all of the page."""
        height = self.chrome.execute_script("return document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        width = self.chrome.execute_script("return window.innerWidth")
        size = {"width": width, "height": min(height, 6_000), "deviceScaleFactor": 1, "mobile": width < 500}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.settle()
        assert self.chrome.save_screenshot(str(path))

    def asked(self) -> set[str]:
        """Every address that the browser has asked since it was last looked at."""
        events = [json.loads(entry["message"])["message"] for entry in self.chrome.get_log("performance")]
        return {each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"}

    def run(self, script: str) -> Any:
        """What JavaScript says."""
        return self.chrome.execute_script(script)


@contextmanager
def browser() -> Iterator[Browser]:
    """A window that is closed in the end."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    chrome = Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()
