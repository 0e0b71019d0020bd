"""An empty table of courses to fill in: CSV, or a workbook with explained headers and lists."""

from app.catalogue.model import Access, Delivery, Kind, Price
from app.records.rosters import template
from app.records.rosters.columns import Column

COLUMNS = (
    Column("id", "Your own id of the course. With it a course is changed later; without it one is "
           "made of the title.", "C-101"),
    Column("title", "The title, the one thing needed. More languages in columns title@zh, title@ar "
           "...", "Seismic design of bridges"),
    Column("metadata language", "The language of title and texts, such as en.", "en"),
    Column("summary", "A sentence or two. More languages in columns summary@zh ...", ""),
    Column("description", "All there is to say; may hold simple HTML.", ""),
    Column("learning outcomes", "What one can do after it.", ""),
    Column("prerequisites", "What one needs before it.", ""),
    Column("url", "The course's own page.", "https://society.example/courses/7"),
    Column("image url", "The address of a picture.", ""),
    Column("kind", "What sort of course it is.", "course", choices=tuple(map(str, Kind))),
    Column("teaching language", "The languages it is given in, such as en; zh.", "en", many=True),
    Column("delivery", "How it is given.", "online-live", choices=tuple(map(str, Delivery))),
    Column("level", "In your own words.", "advanced"),
    Column("isced f", "ISCED-F 2013 codes of the field, separated by semicolons.", "0732",
           many=True),
    Column("subjects", "Subjects in your own words, separated by semicolons.", "bridges; seismic",
           many=True),
    Column("competences", "EC1 to EC13 of the IEA's professional competences.", "EC1; EC4",
           many=True),
    Column("standards", "Technical standards, as one writes them.", "EN 1998-2:2005", many=True),
    Column("credit", "How much credit you give, a number.", "12"),
    Column("credit unit", "The unit of that number.", "PDH",
           choices=("hour", "contact-hour", "class-hour", "PDH", "PDU", "CEU", "CPD-point",
                    "ECTS")),
    Column("approval number", "The number under which it was approved.", ""),
    Column("duration", "How long it lasts in ISO 8601, such as PT12H or P5D.", "PT12H"),
    Column("effort", "How much work it is, alike.", ""),
    Column("licence", "An SPDX identifier or an address.", "CC-BY-4.0"),
    Column("access", "Who may take it.", "open", choices=tuple(map(str, Access))),
    Column("start", "The first day of the next run, YYYY-MM-DD, with a time if you like.",
           "2027-03-01"),
    Column("end", "Its last day.", "2027-03-05"),
    Column("registration opens", "From when one can enrol.", ""),
    Column("registration closes", "Until when.", ""),
    Column("time zone", "Of the times, such as Africa/Nairobi.", ""),
    Column("venue", "Where it takes place; empty when it is online.", ""),
    Column("city", "The town of the venue.", ""),
    Column("country", "Its country, ISO 3166-1.", "KE"),
    Column("instructors", "Who teaches it, separated by semicolons.", "", many=True),
    Column("price", "A number; 0 means free.", "120.50"),
    Column("member price", "The price for members.", ""),
    Column("currency", "Of both prices, ISO 4217.", "EUR"),
    Column("price category", "Where there is no number to give.", "",
           choices=tuple(map(str, Price))),
)  # fmt: skip
"""Each header is one that ``connectors.columns`` knows, so that the sheet needs no explanation."""


def as_csv() -> bytes:
    """The headers, in UTF-8 with the mark that Excel looks for."""
    return template.as_csv(COLUMNS)


def as_xlsx() -> bytes:
    """A sheet to fill in, with notes on its headers and lists to choose from; one to explain it."""
    return template.as_xlsx(COLUMNS, name="Courses")
