"""About thirty invented courses in seven languages, as the catalogue shows them.

Small enough to know by heart, varied enough for search, pages and feeds: several scripts, the same
subject in many languages, standards whose numbers differ by one digit, hostile titles.
"""

from datetime import UTC, datetime
from typing import Any

from app.catalogue import (
    Course,
    CourseData,
    CourseRun,
    Credit,
    Offer,
    Society,
    SourceRef,
    Standard,
    Status,
)

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

SOCIETIES = {
    "lakeside": Society("lakeside", {"en": "Lakeside Institution of Engineers"}, "KE"),
    "jade": Society("jade", {"en": "Jade Valley Society", "zh": "玉谷工程学会"}, "CN"),
    "five-rivers": Society(
        "five-rivers", {"en": "Five Rivers Institution", "ur": "پانچ دریاؤں کا ادارہ"}, "PK"
    ),
    "palm": Society("palm", {"ar": "جمعية النخيل للمهندسين", "en": "Palm Society"}, "EG"),
    "birch": Society("birch", {"ru": "Берёзовский союз инженеров"}, "RU"),
    "rhone": Society("rhone", {"fr": "Société des ingénieurs du Rhône"}, "FR"),
}


def course(
    key: str,
    society: str,
    language: str,
    title: str,
    summary: str,
    *,
    standards: tuple[str, ...] = (),
    starts: tuple[str, ...] = (),
    price: str | None = "paid",
    credit: str | None = None,
    quality: int = 60,
    changed: int = 1,
    titles: dict[str, str] | None = None,
    **more: Any,
) -> Course:
    """A course of the simulator; ``changed`` is the day of November 2026 it last changed on."""
    data = CourseData(
        title={language: title, **(titles or {})},
        url=f"https://{society}.example/{key}",
        summary={language: summary},
        metadata_language=language,
        teaching_languages=more.pop("teaching", (language,)),
        standards=tuple(_standard(text) for text in standards),
        runs=tuple(CourseRun(id=f"{key}-{day}", start=day) for day in starts),
        offers=(Offer(category=price),) if price else (),
        credits=(Credit("6", "PDH", framework=credit),) if credit else (),
        kind=more.pop("kind", "course"),
        delivery=more.pop("delivery", ("onsite",)),
        fields=more.pop("fields", ("0732",)),
        **more,
    )
    day = datetime(2026, 11, changed, tzinfo=UTC)
    return Course(
        id=key,
        society_id=society,
        status=Status.ACTIVE,
        data=data,
        sources=(SourceRef(f"record-{key}", f"feed-{society}", society, key),),
        provenance={},
        quality=quality,
        missing=(),
        version=1,
        created_at=day,
        modified_at=day,
    )


def _standard(text: str) -> Standard:
    body, _, number = text.partition(" ")
    return Standard(body, number, text=text)


COURSES = (
    course("en-bridge-design", "lakeside", "en", "Designing concrete bridges",
           "Girders, decks and bearings of short and medium spans, with worked examples.",
           standards=("EN 1992-1-1:2004",), starts=("2027-02-04", "2027-06-10"), quality=90,
           credit="PDH", description={"en": "<p>Two days.</p><p>Loads on <b>bridges</b>.</p>"}),
    course("en-bridge-inspection", "lakeside", "en", "Bridge inspection and assessment",
           "Condition ratings, scour and priorities on a small budget.", starts=("2026-12-01",),
           price="free", delivery=("online-live",), kind="webinar", changed=20),
    course("en-steel", "lakeside", "en", "Steel connections in practice",
           "Bolted and welded joints of steel frames.", standards=("EN 1993-1-8:2005",),
           delivery=("online-async", "onsite")),
    course("en-water", "lakeside", "en", "Treating drinking water in small towns",
           "Coagulation, filtration and disinfection for operators.", fields=("0712",),
           starts=("2027-01-15",), credit="PDH"),
    course("en-ethics", "lakeside", "en", "Professional ethics for <young> engineers & others",
           "Codes of conduct: what <b>ethics</b> asks of us & how to say no.", price="free",
           kind="webinar", delivery=("online-live",), fields=("0710",), quality=75),
    course("en-tunnel", "five-rivers", "en", "Tunnelling in soft ground",
           "Face stability, settlement and monitoring of shallow tunnels.", credit="CPD"),
    course("en-power", "five-rivers", "en", "Protection of electrical power networks",
           "Relays, grading and fault studies.", fields=("0713",), delivery=("blended",)),
    course("en-quality", "five-rivers", "en", "Quality management for site teams",
           "What auditors look for, and how to be ready.", standards=("ISO 9001:2015",),
           fields=("0413",), delivery=("self-study",)),
    course("en-safety", "five-rivers", "en", "Occupational safety on construction sites",
           "Falls, excavations and lifting.", standards=("ISO 45001:2018",), price="free"),
    course("en-timber", "lakeside", "en", "Timber engineering basics",
           "Grading, joints and moisture of timber structures.", standards=("EN 1995-1-1:2004",)),
    course("zh-bridge", "jade", "zh", "混凝土桥梁设计",
           "讲解简支梁桥与连续梁桥的设计方法和算例。", standards=("GB 50010-2010",),
           starts=("2026-12-20",), credit="CSE", quality=85,
           titles={"en": "Design of concrete bridges (in Chinese)"}),
    course("zh-steel", "jade", "zh", "钢结构连接设计", "螺栓与焊接连接的计算。",
           standards=("GB 50017-2017",), credit="CSE"),
    course("zh-water", "jade", "zh", "城镇供水处理技术", "混凝、过滤与消毒工艺。",
           fields=("0712",), price="free", delivery=("online-async",)),
    course("zh-bim", "jade", "zh-Hant", "建築資訊模型BIM應用", "從設計到施工的模型管理。",
           delivery=("online-live",), teaching=("zh-Hant", "en")),
    course("zh-quake", "jade", "zh", "建筑抗震设计", "地震作用与构造措施。",
           standards=("GB 50011-2010",)),
    course("ur-bridge", "five-rivers", "ur", "کنکریٹ پلوں کا ڈیزائن",
           "چھوٹے پلوں کے گرڈر اور بنیادوں کا حساب۔", teaching=("ur", "en"), quality=70),
    course("ur-water", "five-rivers", "ur", "پینے کے پانی کی صفائی",
           "چھوٹے شہروں میں پانی کی صفائی کے طریقے۔",
           fields=("0712",), price="free"),
    course("ar-bridge", "palm", "ar", "تصميم الجسور الخرسانية", "حساب الأحمال والعوارض والأساسات.",
           quality=80),
    course("ar-water", "palm", "ar", "مُعالَجةُ مياه الشرب", "الترشيح والتعقيم في المدن الصغيرة.",
           fields=("0712",), delivery=("online-async",)),
    course("ar-solar", "palm", "ar", "أنظمة الطاقة الشمسية", "تصميم المحطات وربطها بالشبكة.",
           fields=("0713",)),
    course("ru-bridge", "birch", "ru", "Проектирование железобетонных мостов",
           "Расчёт пролётных строений и опор.", standards=("СП 35.13330",), quality=65),
    course("ru-water", "birch", "ru", "Очистка питьевой воды",
           "Коагуляция, фильтрация, обеззараживание.",
           fields=("0712",)),
    course("ru-power", "birch", "ru", "Надёжность электрических сетей",
           "Релейная защита и учёт отказов.",
           fields=("0713",), starts=("2026-01-10",)),
    course("fr-bridge", "rhone", "fr", "Conception des ponts métalliques",
           "Poutres, assemblages et fatigue des ouvrages d'art.", credit="CPD"),
    course("fr-water", "rhone", "fr", "Traitement de l'eau potable",
           "Filtration et désinfection pour les petites communes.", fields=("0712",)),
    course("fr-energy", "rhone", "fr", "Efficacité énergétique des bâtiments",
           "Isolation, ventilation et mesures sur site.", price="free", delivery=("online-async",)),
    course("es-bridge", "rhone", "es", "Diseño de puentes de hormigón",
           "Cargas, tableros y apoyos con ejemplos resueltos.", teaching=("es",)),
    course("es-water", "rhone", "es", "Tratamiento de aguas residuales",
           "Procesos biológicos y control de lodos.", fields=("0712",), delivery=("blended",)),
    course("es-quake", "rhone", "es", "Ingeniería sísmica de estructuras",
           "Espectros, ductilidad y detalles.", price=None),
)  # fmt: skip
"""Every one; ids say language and subject."""
