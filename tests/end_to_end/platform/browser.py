"""Airflow's pages in a real browser, as a person sees them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.dashboards.browser import CHROMIUM, DRIVER, MISSING, Browser, browser
from tests.end_to_end.platform.airflow import Airflow

PAGE_S = 60
WIDTH = 1_600
FIELDS, BUTTON = "input[name=username], input[name=password]", "form button"
IS_THERE = bool(CHROMIUM and DRIVER)

__all__ = ["IS_THERE", "MISSING", "Person"]


class Person:
    """Somebody who has logged in, and looks at pages."""

    def __init__(self, window: Browser, airflow: Airflow) -> None:
        self._window, self._airflow = window, airflow
        window.look(width=WIDTH)
        self._log_in()

    @classmethod
    @contextmanager
    def at(cls, airflow: Airflow) -> Iterator["Person"]:
        """A window of its own, closed in the end."""
        with browser() as window:
            yield cls(window, airflow)

    def sees(self, path: str, *words: str, picture: Path) -> str:
        """What a page shows, when it shows all these words; a picture of it is kept in any case."""
        self._window.chrome.get(f"{self._airflow.url}{path}")
        try:
            self._until(lambda: all(word in self._window.text() for word in words))
        finally:
            self._window.chrome.save_screenshot(str(picture))
        return self._window.text()

    def _log_in(self) -> None:
        chrome = self._window.chrome
        chrome.get(self._airflow.url)
        self._until(lambda: len(chrome.find_elements(By.CSS_SELECTOR, FIELDS)) == 2)
        for field, told in zip(chrome.find_elements(By.CSS_SELECTOR, FIELDS), (self._airflow.user, self._airflow.password), strict=True):
            field.send_keys(told)
        chrome.find_element(By.CSS_SELECTOR, BUTTON).click()
        self._until(lambda: "login" not in chrome.current_url)

    def _until(self, holds: Callable[[], bool]) -> None:
        WebDriverWait(self._window.chrome, PAGE_S).until(lambda _: holds())
