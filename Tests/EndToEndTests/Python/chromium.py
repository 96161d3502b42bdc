"""A person's own headless Chromium, without scripts, and what its pages look like to that person.

A page is looked at on a phone and on a desk, in light and in dark, with the keyboard; each look is a picture, and a list
of what is wrong with it.
"""

import base64
import json
import os
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from loopback import die_with_parent, installed

# (name, width, height, pixels per point)
SCREENS = [("phone", 360, 740, 2), ("desk", 1280, 800, 1)]
SCHEMES = ["light", "dark"]
# WCAG 2.2: 1.4.3 for text, 2.5.5 for what a finger hits.
CONTRAST_MIN = 4.5
TARGET_MIN = 44

# What axe-core says about a page, in few words.
EXAMINATION = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const result = await axe.run({ runOnly: tags });
  const where = (violation) => violation.nodes.map((node) => node.html.slice(0, 120)).join(" | ");
  const violations = result.violations.map((violation) => `${violation.id}: ${where(violation)}`);
  return JSON.stringify({ rules: result.passes.length, violations });
}"""

# The looks that axe-core examines.
EXAMINED = [("phone", "dark"), ("desk", "light")]

# What Tab stops at.
CONTROLS = "button, a[href], input:not([type=hidden]), select, textarea, summary"

PAGE_FACTS = pathlib.Path(__file__).with_name("page_facts.js").read_text()


class Person:
    """One person with one browser, which has nobody else's cookies."""

    def __init__(self, driver: webdriver.Chrome, name: str, issuer: str, pictures: pathlib.Path) -> None:
        self.driver = driver
        self.name = name
        self.issuer = issuer
        self.pictures = pictures
        #: The language that the pages must have.
        self.language = "en"
        #: The text of axe-core, which then examines the pages too.
        self.axe = ""
        #: Whether a page is looked at less closely, because it is built as one that was looked at closely.
        self.is_brief = False
        #: Whether each look is kept as a picture.
        self.takes_pictures = True
        #: What is wrong with the pages that were looked at, in words.
        self.faults: list[str] = []
        #: The addresses of the pages that were looked at.
        self.addresses: set[str] = set()
        #: The titles of the pages that were looked at, by the name of the look.
        self.titles: dict[str, str] = {}

    # What a person does

    def open(self, url: str) -> None:
        self.driver.get(url)

    def press(self, label: str) -> None:
        """Presses the button, or follows the link, with exactly this label, and waits for another page."""
        matching = [element for element in self.controls() if element.text.strip() == label]
        if len(matching) != 1:
            labels = [element.text.strip() for element in self.controls()]
            raise AssertionError(f"{self.name}: {len(matching)} buttons {label!r} on {self.where()}: {labels}\n{self.text()}")
        self._and_wait(matching[0].click)

    def press_by_keyboard(self, selector: str) -> None:
        """Goes to a control by Tab alone, and presses Enter there."""
        self._reach(selector)
        self._and_wait(lambda: self._key("Enter", 13, "\r"))

    def type_by_keyboard(self, selector: str, text: str) -> None:
        """Goes to an input by Tab alone, and types there."""
        self._reach(selector)
        self.driver.execute_cdp_cmd("Input.insertText", {"text": text})

    def toggle_by_keyboard(self, selector: str) -> bool:
        """Goes to a box by Tab alone, and presses the space bar there; returns whether it is checked then."""
        self._reach(selector)
        self._key(" ", 32, " ")
        return self.evaluate("document.activeElement.checked")

    def _reach(self, selector: str) -> None:
        self.driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
        for _ in range(60):
            self._key("Tab", 9)
            if self.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                return
        raise AssertionError(f"{self.name}: Tab does not reach {selector} on {self.where()}\n{self.text()}")

    def _key(self, key: str, code: int, text: str = "") -> None:
        for kind in ["keyDown", "keyUp"]:
            event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}
            if text and kind == "keyDown":
                event["text"] = text
            self.driver.execute_cdp_cmd("Input.dispatchKeyEvent", event)

    def speak(self, language: str) -> None:
        """Asks for pages in a language from now on."""
        self.language = language
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": language}})

    def sign_in_upstream(self, subject: str) -> None:
        """The login form of `oidc-provider-mock`."""
        if self.is_here():
            raise AssertionError(f"{self.name}: not at a provider but on {self.where()}\n{self.text()}")
        self.driver.find_element(By.NAME, "sub").send_keys(subject)
        self._and_wait(self.driver.find_element(By.CSS_SELECTOR, "form:has(input[name=sub]) button").click)

    def _and_wait(self, act: Any) -> None:
        # A new document has a new root; what a click leads to may have the old one's address.
        root = self.driver.find_element(By.TAG_NAME, "html")
        act()
        WebDriverWait(self.driver, 120, poll_frequency=0.02).until(lambda driver: self._is_gone(root))
        WebDriverWait(self.driver, 120, poll_frequency=0.02).until(
            lambda driver: self.evaluate("document.readyState") == "complete"
        )

    @staticmethod
    def _is_gone(element: Any) -> bool:
        try:
            element.is_enabled()
        except StaleElementReferenceException:
            return True
        except WebDriverException:
            # Between two documents there is none to ask.
            return False
        return False

    # What a person sees

    def controls(self) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, "button, a.button")

    def where(self) -> str:
        return self.driver.current_url

    def is_here(self) -> bool:
        return self.where().startswith(self.issuer + "/")

    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    def holds(self, text: str) -> bool:
        """Whether the page has a text anywhere: in the document, attributes included, or typed into an input."""
        inputs = self.evaluate("[...document.querySelectorAll('input, textarea')].map(input => input.value).join(' ')")
        return text in self.driver.page_source or text in inputs

    def evaluate(self, expression: str) -> Any:
        answer = self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    # What is looked at

    def look(self, name: str) -> str:
        """Looks at a page of ours in every way; returns its text."""
        if not self.is_here():
            raise AssertionError(f"{self.name}: not on a page of ours but on {self.where()}")
        for screen, width, height, scale in SCREENS:
            self.driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": screen == "phone"},
            )
            for scheme in SCHEMES:
                self.driver.execute_cdp_cmd(
                    "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
                )
                look = f"{name}, {screen}, {scheme}"
                self._judge(look, self.evaluate(f"({PAGE_FACTS})()"), width)
                # Its rules see a difference between the schemes, in contrast, and hardly one between the screens.
                if self.axe and (screen, scheme) in EXAMINED[: 1 if self.is_brief else 2]:
                    self._examine(look)
                if self.takes_pictures:
                    self._picture(f"{name}-{screen}-{scheme}.png")
        if not self.is_brief:
            self._keyboard(name)
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.titles[name] = self.driver.title
        self.addresses.add(self.where())
        return self.text()

    def _judge(self, look: str, facts: dict[str, Any], width: int) -> None:
        def fault(words: str) -> None:
            self.faults.append(f"{look}: {words}")

        if facts["scrollWidth"] > width:
            fault(f"scrolls sideways: {facts['scrollWidth']} of {width}")
        if facts["language"] != self.language:
            fault(f"language is {facts['language']!r}")
        if not facts["title"].strip():
            fault("no title")
        if facts["levels"][:1] != [1] or facts["levels"].count(1) != 1:
            fault(f"headings are {facts['levels']}")
        if any(after > before + 1 for before, after in zip(facts["levels"], facts["levels"][1:])):
            fault(f"a heading level is left out: {facts['levels']}")
        if facts["mains"] != 1:
            fault(f"{facts['mains']} main landmarks")
        if facts["scripts"]:
            fault("has a script")
        for control in facts["controls"]:
            if not control["name"]:
                fault("a control without a name")
            if min(control["width"], control["height"]) < TARGET_MIN:
                fault(f"{control['name']!r} is {control['width']}×{control['height']}")
            if control["fontSize"] < 16:
                fault(f"{control['name']!r} is written in {control['fontSize']} px")
        for text in facts["texts"]:
            if text["contrast"] < CONTRAST_MIN:
                fault(f"contrast {text['contrast']:.2f} of {text['text']!r}")
            if text["fontSize"] < 13:
                fault(f"{text['text']!r} is written in {text['fontSize']} px")
            if text["isCut"]:
                fault(f"{text['text']!r} is cut off")
        if not facts["texts"]:
            fault("has no text")

    def _examine(self, look: str) -> None:
        """WCAG 2.2 A and AA, by axe-core; its answer is a promise, which the debugger waits for."""
        # Its queue needs timers, which do not run where scripts are switched off. The page itself has no script.
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        answer = self.driver.execute_cdp_cmd(
            "Runtime.evaluate",
            {
                "expression": f"typeof axe === 'undefined' && (() => {{ {self.axe} }})(); ({EXAMINATION})()",
                "awaitPromise": True,
                "returnByValue": True,
                "timeout": 60_000,
            },
        )
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        if "exceptionDetails" in answer:
            raise AssertionError(f"axe: {answer['exceptionDetails']}")
        result = json.loads(answer["result"]["value"])
        if result["rules"] < 5:
            self.faults.append(f"{look}: axe has examined nothing")
        self.faults += [f"{look}: axe: {violation}" for violation in result["violations"]]

    def _picture(self, name: str) -> None:
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        (self.pictures / name).write_bytes(base64.b64decode(picture["data"]))

    def _keyboard(self, name: str) -> None:
        """Each control is reached by Tab, in order, and shows it."""
        self.driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
        self.evaluate("document.activeElement && document.activeElement.blur()")
        count = self.evaluate(f"document.querySelectorAll('{CONTROLS}').length")
        for index in range(count):
            self._key("Tab", 9)
            focus = self.evaluate(
                f"(() => {{ const all = [...document.querySelectorAll('{CONTROLS}')];"
                " const style = getComputedStyle(document.activeElement);"
                " return {index: all.indexOf(document.activeElement), style: style.outlineStyle,"
                " width: parseFloat(style.outlineWidth)}; })()"
            )
            if focus["index"] != index:
                self.faults.append(f"{name}: Tab {index + 1} is at control {focus['index'] + 1}")
            elif focus["style"] in ("none", "hidden") or focus["width"] < 2:
                self.faults.append(f"{name}: the focus on control {index + 1} cannot be seen: {focus}")

    # What the browser noticed

    def complaints(self) -> list[str]:
        """What the console says about our pages: scripts that failed, what the content security policy stopped, what is
        missing. That a page was an answer of status 403 is no complaint about the page.
        """
        return [
            f"{entry['level']}: {entry['message']}"
            for entry in self.driver.get_log("browser")
            if self.issuer in entry["message"]
            and entry["level"] in ("SEVERE", "WARNING")
            and not any(entry["message"].startswith(f"{address} - Failed to load") for address in self.addresses)
        ]

    def foreign_requests(self) -> list[str]:
        """What our pages loaded from anywhere but from us."""
        foreign = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            request = message["params"]
            if request.get("type") == "Document":
                continue
            of_ours = request["documentURL"].startswith(self.issuer + "/")
            if of_ours and not request["request"]["url"].startswith(self.issuer + "/"):
                foreign.append(f"{request['documentURL']} loads {request['request']['url']}")
        return foreign


@contextmanager
def person(name: str, issuer: str, pictures: pathlib.Path, profile: pathlib.Path) -> Iterator[Person]:
    """A new person with an empty browser; it ends with the block."""
    options = webdriver.ChromeOptions()
    options.binary_location = installed("chromium", package="chromium")
    arguments = [
        "--headless=new",
        f"--user-data-dir={profile}",
        "--window-size=1280,800",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-gpu",
        # Containers have a small /dev/shm.
        "--disable-dev-shm-usage",
        # Nothing is fetched that no page asks for, and nothing from anywhere but here.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--lang=en",
    ]
    if os.getuid() == 0:
        arguments.append("--no-sandbox")
    for argument in arguments:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(
        executable_path=installed("chromedriver", package="chromium-driver"), popen_kw={"preexec_fn": die_with_parent}
    )
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(60)
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        yield Person(driver, name, issuer, pictures)
    finally:
        driver.quit()
