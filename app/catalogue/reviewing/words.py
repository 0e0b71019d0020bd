"""Words of titles, names and addresses that comparing must know. Pure data."""

_HAN = "一二三四五六七八九"
HAN_DIGITS = {sign: str(value) for value, sign in enumerate(_HAN, start=1)} | {
    "十": "10", "上": "上", "中": "中", "下": "下",
}  # fmt: skip
"""Numbers of parts, and first, middle and last volume."""
ROMAN = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8",
    "ix": "9", "x": "10", "xi": "11", "xii": "12",
}  # fmt: skip
_LEVELS = {
    "1": ("beginner", "beginners", "basic", "basics", "introduction", "introductory", "intro",
          "elementary", "fundamental", "fundamentals", "foundation", "foundations", "essentials",
          "grundlagen", "einführung", "anfänger", "débutant", "débutants", "initiation", "básico",
          "introducción", "введение", "основы", "مقدمة", "مبادئ", "初级", "基础", "入门", "导论",
          "概论"),
    "2": ("intermediate", "mittelstufe", "intermédiaire", "intermedio", "中级"),
    "3": ("advanced", "expert", "fortgeschritten", "fortgeschrittene", "avancé", "avanzado",
          "продвинутый", "متقدم", "高级", "进阶", "高等"),
}  # fmt: skip
LEVEL_OF = {word: level for level, words in _LEVELS.items() for word in words}
HAN_LEVELS = {word: level for word, level in LEVEL_OF.items() if word[0] >= "\u3400"}
SMALL = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to",
     "und", "der", "die", "das", "mit", "für", "von", "im", "et", "de", "des", "du", "la", "le",
     "les", "en", "y", "el", "los", "del", "para", "и", "в", "на", "по", "для")
)  # fmt: skip
"""Words that may be left out or put in without another course being meant."""
LANGUAGES = frozenset(
    ("ar", "bg", "bn", "cn", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi",
     "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "no", "pl", "pt", "ro", "ru",
     "sk", "sl", "sr", "sv", "sw", "th", "tr", "uk", "ur", "uz", "vi", "zh")
)  # fmt: skip
"""Languages of catalogues; rarer codes are more often words of an address than languages."""
