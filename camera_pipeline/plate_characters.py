"""Characters of number plates, for all who compare them: the compact form, and which characters a reader confuses.

Pure; any thread. Grammar and repairs are detection's (`detect/plate_grammar.py`); this is what events need as well.
"""

AT_DIGIT = dict(zip("OQDILJZASGTYB", "0001112456778", strict=True))
"""Where a digit must stand: the digit that a letter was meant to be."""
AT_LETTER = dict(zip("0OQ1I245678", "DDDLLZASGTB", strict=True))
"""Where a letter must stand: the letter that a character was meant to be."""


def compact_text(text: str) -> str:
    """Return a text in compact form: capitals and digits only, Đ written D."""
    return "".join(c for c in text.upper().replace("Đ", "D") if c.isascii() and c.isalnum())


def look_alike(one: str, other: str) -> bool:
    """Return whether a reader may take one of two different characters for the other.

    Examples:
        >>> look_alike("8", "B"), look_alike("D", "O"), look_alike("8", "8"), look_alike("8", "X")
        (True, True, False, False)
    """
    return one != other and bool(_meant(one) & _meant(other))


def _meant(character: str) -> set[str]:
    tables = (AT_DIGIT, AT_LETTER)
    return {character} | {table[character] for table in tables if character in table}
