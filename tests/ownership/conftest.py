from __future__ import annotations

from tests.said import word_for_word

__all__ = ["word_for_word"]
