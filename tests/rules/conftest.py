from __future__ import annotations

from tests.support.said import word_for_word

__all__ = ["word_for_word"]
