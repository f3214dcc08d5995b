"""A passkey from its making to the sign-in, and signing in over a page, in a real browser under our policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from perennial.people.actions import add_person, make_groups

pytest.importorskip("playwright.sync_api")
if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a phrase of several words"


@pytest.fixture
def base(live_server: Any) -> str:
    """The address of a server with one person: passkeys need a name, not a number."""
    make_groups()
    add_person(username="giulia", password=PASSWORD, roles=["clerk"])
    add_person(username="marco", password=PASSWORD, roles=["clerk"])
    return str(live_server.url).replace("127.0.0.1", "localhost")


def sign_in(page: Page, base: str, name: str = "giulia") -> None:
    page.goto(f"{base}/sign-in?next=/me")
    page.fill("#f-login", name)
    page.fill("#f-password", PASSWORD)
    page.press("#f-password", "Enter")
    page.wait_for_selector("#me-security, #f-code")


def test_a_passkey(page: Page, base: str, faults: Any) -> None:
    faults.allow("a request to http://localhost")
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, base)
    page.click("#me-second")
    page.click("#passkey-add")
    page.fill("#f-password", PASSWORD)
    page.click("#go-on")
    page.fill("#f-name", "Laptop")
    page.click("#passkey")
    page.wait_for_selector("#codes")
    page.goto(f"{base}/me/security")
    assert "Laptop" in page.inner_text("main")

    page.click(".who form button")
    page.click("#passkey")
    page.wait_for_selector(".who")
    page.click(".who form button")
    page.wait_for_selector("#f-login")
    sign_in(page, base)
    page.click("#passkey")
    page.wait_for_selector("#me-security")


def test_over_the_page_what_was_typed_is_kept_and_sent(page: Page, base: str, faults: Any) -> None:
    faults.allow("a request to http://localhost")
    faults.allow("401")
    sign_in(page, base)
    page.click("#me-password")
    page.fill("#f-old", "not the right one")
    page.fill("#f-password", "another phrase of words")
    page.context.clear_cookies(name="perennial_session")
    page.click("#password-set")
    page.fill("#again-login", "giulia")
    page.fill("#again-password", "wrong wrong wrong")
    page.click("#again-go")
    page.wait_for_selector("#sign-in-again #no")
    assert page.input_value("#f-password") == "another phrase of words"
    page.fill("#again-password", PASSWORD)
    page.click("#again-go")
    page.wait_for_selector("#f-old-err")

    page.context.clear_cookies(name="perennial_session")
    page.fill("#f-old", "something of giulia's")
    page.fill("#f-password", "and what she wants")
    page.click("#password-set")
    page.fill("#again-login", "marco")
    page.fill("#again-password", PASSWORD)
    page.click("#again-go")
    page.wait_for_selector("body[data-account=marco]")
    assert page.query_selector("#f-old") is None, "another person gets a fresh page"
