"""Reading unpacked solution source: what the files say, without any opinion on it."""
