"""Somebody before the window: reads one language, clicks, types, and looks at what came."""

from __future__ import annotations

from app.gui.translation import LANGUAGES, Language
from tests.window.app_words import AppWords
from tests.window.driven import DrivenWindow, Seen

SYSTEMS: dict[Language, str] = {"en": "en_US", "ko": "ko_KR"}


class Person:
    """What one does in a window over and over, in the language that one reads."""

    def __init__(self, window: DrivenWindow, language: Language) -> None:
        assert language in LANGUAGES
        self.window = window
        self.words = AppWords(language)

    def reads(self, name: str, text: str, inside: str = "", /, **values: object) -> Seen:
        """Wait until the app says this text in the person's language there."""
        said = self.words(text, **values)
        try:
            return self.window.see(name, inside, until=lambda seen: seen.text.strip() == said)
        except AssertionError as error:
            raise AssertionError(f"{error}, awaited: {said!r}") from error

    def clicks(self, name: str, text: str, inside: str = "", /, **values: object) -> None:
        """Click a button by its words."""
        self.reads(name, text, inside, **values)
        self.window.click(name, inside)

    def looks(self, name: str) -> None:
        """Keep a picture; nothing in it is in the other language, and no trouble is told of."""
        self.window.picture(f"{self.words.language}-{name}")
        trouble = self.window.find("trouble_text")
        assert trouble is None, f"{name}: {trouble.text}"
        foreign = self.words.foreign(self.window.app_words())
        assert not foreign, f"{name}: not in {self.words.language}: {foreign}"

    def asks(self, question: str) -> str:
        """Say something in a new conversation; the whole reply."""
        self.window.press("ctrl+l")
        self.window.press("ctrl+n")
        self.window.see("empty_chat")
        return self.says(question, row=0)

    def says(self, text: str, *, row: int) -> str:
        """Say something as the message of this row; the reply once it can be rated."""
        self.window.write("composer_text", text)
        self.window.click("send")
        return self.hears(text, row=row)

    def types(self, text: str) -> None:
        """Write without a click before: where one writes has the keyboard by itself."""
        self.window.hand.types(text)
        self.window.see("composer_text", until=lambda seen: seen.text == text)

    def hears(self, text: str, *, row: int) -> str:
        """The reply to what was said as the message of this row, once it can be rated."""
        window = self.window
        window.see("message_text", f"message_{row}", until=lambda seen: seen.text == text)
        window.see("thumb_up", f"message_{row + 1}", until=lambda seen: seen.enabled)
        self.is_quiet()
        return window.see("message_text", f"message_{row + 1}").text

    def is_quiet(self) -> None:
        """Nothing is being written any more."""
        sending = self.words("Send (Enter)")
        self.window.see("send", until=lambda seen: seen.tip == sending)
