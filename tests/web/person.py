"""What a person does with the dashboard: looks for words and presses what carries them."""

import pathlib

from harness.house import ROOT
from harness.processes import wait_for
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

SHOTS = ROOT / "build" / "web-shots"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDE = (1280, 900)
PHONE = (390, 844)

# What a browser logs when a request is answered with an error: some tests want just that.
EXPECTED = ("Failed to load resource", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE",
            "ERR_CONNECTION_RESET")


def chromium(profile):
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en-GB",
                 "--force-color-profile=srgb", "--hide-scrollbars", f"--user-data-dir={profile}",
                 "--disable-background-networking", "--disable-component-update", "--no-first-run"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Person:
    def __init__(self, driver, house):
        self.driver = driver
        self.house = house
        self.size(*WIDE)

    # ---- the browser

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": name},
                                                  {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def forget_all(self):
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get_log("browser")
        self.open("/")

    def check_console(self):
        """A page that broke a rule of its Content-Security-Policy, or threw, says so in the console."""
        said = [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]
        assert not [line for line in said if not any(word in line for word in EXPECTED)], said

    def shoot(self, name):
        """Light and dark, wide and on a phone: to be looked at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for size, width in (("wide", WIDE), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                self.size(*width)
                self.scheme(scheme)
                height = self.driver.execute_script("return document.documentElement.scrollHeight")
                self.size(width[0], max(width[1], min(height, 4000)))
                self.driver.save_screenshot(str(SHOTS / f"{name}-{size}-{scheme}.png"))
        self.scheme("light")
        self.size(*WIDE)

    def axe(self):
        """What axe finds serious or critical on the page."""
        self.driver.execute_script(pathlib.Path(AXE).read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) => "
            "[v.impact, v.id, v.nodes.map((n) => n.html.slice(0, 200))])))")
        return [one for one in found if one[0] in ("serious", "critical")]

    # ---- looking

    def open(self, path):
        self.driver.get(self.house.url + path)

    @property
    def text(self):
        return self.driver.execute_script("return document.body.innerText")

    @property
    def path(self):
        return self.driver.execute_script("return location.pathname")

    def sees(self, words, seconds=90):
        try:
            wait_for(f"the page to show “{words}”", lambda: words in self.text, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.text}") from None

    def sees_no(self, words, seconds=90):
        wait_for(f"the page not to show “{words}”", lambda: words not in self.text, seconds)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css, seconds=90):
        return wait_for(f"{css} to be on the page", lambda: next(iter(self.all(css)), None), seconds)

    def steps(self, root=".operation"):
        """{name: state} of the operation's steps as they are shown."""
        return dict(self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0] + ' [data-step]')].map((s) => [s.dataset.step, s.dataset.state])",
            root))

    def operation_state(self):
        return self.driver.execute_script("return document.querySelector('.operation')?.dataset.state")

    # ---- doing

    def find(self, words, css="button, a", seconds=90):
        """What can be pressed and carries just these words; in the open dialog, when there is one."""
        return wait_for(f"“{words}” to be there", lambda: self.driver.execute_script(
            "const root = [...document.querySelectorAll('dialog[open]')].pop() ?? document;"
            "return [...root.querySelectorAll(arguments[1])].find((e) => e.innerText.trim() === arguments[0]) ?? null",
            words, css), seconds)

    def press(self, words, seconds=90):
        def pressed():
            try:
                button = self.find(words, seconds=seconds)
                if not button.is_enabled():
                    return False
                button.click()
                return True
            except (StaleElementReferenceException, WebDriverException):
                return False

        wait_for(f"“{words}” to be pressed", pressed, seconds)

    def field(self, label):
        """The input that a label names."""
        return wait_for(f"the field “{label}”", lambda: self.driver.execute_script(
            "const root = [...document.querySelectorAll('dialog[open]')].pop() ?? document;"
            "return [...root.querySelectorAll('label')].find((l) => l.innerText.trim() === arguments[0])?.control ?? null",
            label))

    def fill(self, label, value):
        field = self.field(label)
        if field.tag_name == "select":
            Select(field).select_by_visible_text(value)
            return
        field.clear()
        field.send_keys(value)

    def sign_in(self, name, password):
        self.fill("Name", name)
        self.fill("Password", password)
        self.press("Sign in")
        self.sees("Sign out")
