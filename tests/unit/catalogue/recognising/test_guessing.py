import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.catalogue.recognising import guessing

TEXTS = {
    "en": "This course introduces the design of structures and shows it with many examples.",
    "de": "Der Kurs führt in die Bemessung von Tragwerken ein und zeigt sie an vielen Beispielen.",
    "fr": "Ce cours présente le calcul des structures et le montre en pratique, pas à pas.",
    "es": "Este curso presenta el cálculo de estructuras y lo muestra con muchos ejemplos.",
    "ru": "Курс знакомит с расчётом конструкций и показывает его на многих примерах из практики.",
    "zh": "本课程介绍结构设计的基本原理，并通过许多来自工程实践的例子加以说明，"
    "帮助学员掌握设计方法，提高实际工作能力和水平，适合工程师学习使用。",
    "ar": "تقدم هذه الدورة أساسيات تصميم المنشآت وتوضحها بأمثلة كثيرة من الممارسة الهندسية.",
    "ur": "یہ کورس ڈھانچوں کے ڈیزائن کے بنیادی اصول متعارف کراتا ہے اور مثالوں سے سمجھاتا ہے۔",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_long_text_tells_its_language(language: str) -> None:
    guessed = guessing.guess(TEXTS[language])
    assert guessed is not None
    assert guessed[0] == language
    assert guessing.SURE <= guessed[1] < 1


def test_threads_may_guess_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guessing.guess, [*TEXTS.values()] * 20))
    assert [one and one[0] for one in answers] == [*TEXTS] * 20


def test_importing_the_catalogue_loads_neither_the_model_nor_numpy() -> None:
    code = (
        "import sys, app.catalogue.rules; "
        "sys.exit('numpy' in sys.modules or 'py3langid' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
