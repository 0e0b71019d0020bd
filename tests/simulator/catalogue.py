"""Three invented societies and a few courses of theirs, as a harvest would hand them over."""

from typing import Any

from app.catalogue import NewSociety

SOCIETIES = (
    NewSociety({"en": "Lakeside Institution of Engineers"}, id="lakeside", country="KE",
               url="https://lakeside.example"),
    NewSociety({"en": "Jade Valley Engineering Society", "zh": "玉谷工程学会"}, id="jade",
               country="CN", url="https://jade.example"),
    NewSociety({"en": "Institution of Engineers of the Five Rivers",
                "ur": "پانچ دریاؤں کا ادارہ برائے انجینئرز"}, id="five-rivers",
               country="PK", url="https://five-rivers.example"),
)  # fmt: skip

COURSES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("lakeside", "LK-1", {
        "title": {"en": "Inspecting short-span bridges"},
        "url": "https://lakeside.example/courses/lk-1",
        "summary": {"en": "A common method for county engineers: condition ratings, photographs "
                          "that prove something, scour, and priorities on a small budget."},
        "description": {"en": "<p>Two days, half of them beside a real bridge. You leave with a "
                              "finished inspection report.</p><ul><li>Reading drawings of <em>old"
                              "</em> bridges</li><li>Scour and foundations</li><li>Ratings two "
                              "inspectors would agree on</li></ul>"},
        "outcomes": {"en": "Rate the condition of a bridge\nSet priorities for repair"},
        "kind": "course", "teaching_languages": ["en"], "fields": ["0732"],
        "standards": ["EN 1992-1-1:2004"], "level": "intermediate",
        "credits": [{"value": "12", "unit": "PDH", "jurisdiction": "KE"}],
        "duration": "PT12H", "delivery": ["onsite"], "subjects": ["bridges", "inspection"],
        "runs": [
            {"start": "2027-02-04", "end": "2027-02-05", "place_name": "Eldoret",
             "place_country": "KE", "language": "en", "enrol_end": "2027-01-20",
             "offers": [{"amount": "6000", "currency": "KES", "category": "paid"}]},
            {"start": "2027-06-10", "end": "2027-06-11", "place_name": "Kisumu",
             "place_country": "KE", "language": "en",
             "offers": [{"amount": "6000", "currency": "KES", "category": "paid"}]},
        ],
        "offers": [{"amount": "6000", "currency": "KES", "category": "paid"}],
    }),
    ("lakeside", "LK-2", {
        "title": {"en": "Professional ethics in R&D"},
        "url": "https://lakeside.example/courses/lk-2",
        "summary": {"en": "Codes of conduct, tendering, and how to say no to a client: cases from "
                          "practice."},
        "kind": "webinar", "teaching_languages": ["en"], "fields": ["0710"],
        "credits": [{"value": "3", "unit": "PDH"}], "duration": "PT3H",
        "delivery": ["online-live"],
        "offers": [{"amount": "0", "currency": "KES", "category": "free"}],
    }),
    ("jade", "JD-1", {
        "title": {"zh": "高层建筑抗震设计", "en": "Seismic design of tall buildings"},
        "url": "https://jade.example/courses/jd-1",
        "summary": {"zh": "抗震概念设计、反应谱分析与弹塑性时程分析，结合规范条文与三个工程实例。",
                    "en": "Concept design, response spectra and time history analysis, with the "
                          "clauses of the code and three worked projects."},
        "kind": "course", "teaching_languages": ["zh"], "fields": ["0732"],
        "standards": ["GB 50011-2010"], "level": "advanced", "duration": "PT16H",
        "credits": [{"value": "16", "unit": "hour"}], "delivery": ["online-async"],
        "offers": [{"amount": "480", "currency": "CNY", "category": "paid"}],
    }),
    ("five-rivers", "FR-1", {
        "title": {"ur": "پلوں کا ڈیزائن اور معائنہ"},
        "url": "https://five-rivers.example/courses/fr-1",
        "summary": {"ur": "پلوں کے بوجھ، ڈیزائن کے اصول، اور سیلاب کے بعد پلوں کے معائنے کا عملی "
                          "طریقہ۔ شرکاء ایک پل کی معائنہ رپورٹ خود تیار کریں گے۔"},
        "kind": "course", "teaching_languages": ["ur"], "fields": ["0732"],
        "credits": [{"value": "1.2", "unit": "CEU"}], "duration": "PT12H",
        "delivery": ["blended"],
        "runs": [{"start": "2027-01-18T09:00:00+05:00", "end": "2027-01-20T16:00:00+05:00",
                  "place_name": "لاہور", "place_country": "PK", "language": "ur"}],
        "offers": [{"amount": "15000", "currency": "PKR", "category": "paid"}],
    }),
    ("five-rivers", "FR-2", {
        "title": {"en": "Testing and maintaining power transformers"},
        "url": "https://five-rivers.example/courses/fr-2",
        "summary": {"en": "Routine and type tests, oil analysis, tap changers, and reading a "
                          "protection relay's story after a trip."},
        "kind": "course", "teaching_languages": ["en", "ur"], "fields": ["0713"],
        "standards": ["IEC 60076-1"], "credits": [{"value": "1.4", "unit": "CEU"}],
        "duration": "PT14H", "delivery": ["onsite"],
        "offers": [{"amount": "22000", "currency": "PKR", "category": "paid"}],
    }),
)  # fmt: skip
