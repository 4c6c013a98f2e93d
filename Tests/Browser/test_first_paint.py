"""What index.html shows before the page's scripts are there."""

import re

import pytest
from playwright.sync_api import expect

PARTS = ("header.header", "h1.header-title", ".sidebar", ".composer-field", "textarea", ".round-button")


@pytest.fixture
def open_slowly(open_chat, server):
    """Opens the page and holds its script back; returns the page and what lets it go on."""

    def open_page(path="/", kept=None, **options):
        chat = open_chat(server.url, go=False, **options)
        for key, value in (kept or {}).items():
            chat.context.add_init_script(f"localStorage.setItem({key!r}, {value!r})")
        held = []
        chat.page.route(re.compile(r"/assets/main-\w+\.js$"), lambda route: held.append(route))
        chat.page.goto(server.url + path, wait_until="commit")
        expect(chat.page.locator(".shell")).to_be_attached()

        def go_on() -> None:
            for route in held:
                route.continue_()
            expect(chat.page.locator(".shell")).to_have_count(0)

        return chat, go_on

    return open_page


def places(chat) -> dict[str, object]:
    found = {part: chat.page.locator(part) for part in PARTS}
    boxes = {part: each.first.bounding_box() for part, each in found.items() if each.count()}
    # The model's name, which comes later, takes some of its room.
    del boxes["h1.header-title"]["width"]
    return {part: box for part, box in boxes.items() if box}


def background(chat) -> str:
    return chat.page.evaluate("() => getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize(
    ("kept", "size"),
    [
        (None, {"width": 1280, "height": 800}),
        ({"rill.list": "hidden"}, {"width": 1280, "height": 800}),
        (None, {"width": 390, "height": 780}),
    ],
    ids=["list beside", "list hidden", "phone"],
)
def test_it_has_the_places_of_the_page(open_slowly, kept, size):
    chat, go_on = open_slowly(kept=kept, viewport=size)
    expect(chat.page.locator("textarea")).to_be_disabled()
    before = places(chat)
    go_on()
    expect(chat.input).to_be_enabled()
    assert places(chat) == before


@pytest.mark.parametrize(("theme", "system"), [("dark", "light"), ("light", "dark"), (None, "dark")])
def test_it_has_the_theme_of_the_page(open_slowly, theme, system):
    chat, go_on = open_slowly(kept={"rill.theme": theme} if theme else None, color_scheme=system)
    before = background(chat)
    assert before == ("rgb(18, 23, 22)" if (theme or system) == "dark" else "rgb(251, 251, 249)")
    go_on()
    expect(chat.input).to_be_enabled()
    assert background(chat) == before


def test_beside_the_conversations_it_has_no_place_to_write(open_slowly):
    chat, go_on = open_slowly("/documents")
    expect(chat.page.locator("header.header")).to_be_visible()
    expect(chat.page.locator("textarea")).not_to_be_visible()
    go_on()
    expect(chat.page.get_by_role("heading", name="Documents").first).to_be_visible()
