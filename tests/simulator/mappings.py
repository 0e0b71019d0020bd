"""Mappings by which ``json_feed`` reads lists that really exist: data, as anybody would enter it.

By the path of the recorded file below the folder of real feeds. Two editions of one list share one.
"""

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

_SHAREKIT: Config = {
    "preset": "jsonapi",
    "total": "meta.totalCount",
    "deleted": {"path": "meta.status", "values": ["deleted"]},
    "fields": {
        "title": {"path": "attributes.title", "language": "attributes.language"},
        "description": {"path": "attributes.abstract", "language": "attributes.language"},
        "url": "attributes.links[].url | attributes.files[].url",
        "teaching_languages": "attributes.language",
        "provider": "attributes.institutes | attributes.publishers",
        "subjects": ["attributes.keywords[]", "attributes.themesLearningMaterial"],
        "level": "attributes.educationalLevels[].value",
        "licence": "attributes.termsOfUse",
        "identifiers.doi": "attributes.doi",
        "modified": "attributes.modifiedAt",
    },
}
_EDX_COURSE: dict[str, Any] = {
    "title": "title",
    "summary": "short_description | course_runs[].short_description",
    "description": "full_description | course_runs[].full_description",
    "outcomes": "outcome",
    "prerequisites": "prerequisites_raw",
    "url": "marketing_url | course_runs[].marketing_url",
    "provider": "owners[].name | owners[].key",
    "teaching_languages": "course_runs[].content_language",
    "subjects": "subjects[].name",
    "level": "level_type",
    "image": "image.src | card_image_url",
    "identifiers.edx": "key",
    "modified": "modified",
}
_EDX_RUNS: list[dict[str, Any]] = [
    {
        "each": "course_runs[]",
        "fields": {
            "source_id": "key", "start": "start", "end": "end",
            "enrol_start": "enrollment_start", "enrol_end": "enrollment_end",
            "language": "content_language", "url": "marketing_url",
            "instructors": {"path": "staff[]", "template": "{given_name} {family_name}"},
        },
        "offers": [
            {"each": "seats[]", "fields": {"amount": "price", "currency": "currency"}}
        ],
    }
]  # fmt: skip
_EDX: Config = {"items": "results", "id": "key", "fields": _EDX_COURSE, "runs": _EDX_RUNS}
_XPRO_RUN: dict[str, Any] = {
    "source_id": "courseware_id", "start": "start_date", "end": "end_date",
    "enrol_start": "enrollment_start", "enrol_end": "enrollment_end", "url": "courseware_url",
    "instructors": "instructors[].name",
}  # fmt: skip
_XPRO_COURSE: dict[str, Any] = {
    "title": "title", "description": "description", "url": "url", "image": "thumbnail_url",
    "subjects": "topics[].name", "effort": "time_commitment", "duration": "duration",
    "delivery": "format", "identifiers.edx": "readable_id",
}  # fmt: skip
_XPRO: dict[str, Any] = {
    "id": "readable_id",
    "fields": _XPRO_COURSE,
    "credits": [{"fields": {"value": "credits", "unit": {"const": "CEU"}}}],
}
_MITX: dict[str, Any] = {
    "items": "results", "id": "readable_id", "base": "https://mitxonline.mit.edu/",
    "total": "count", "paging": {"style": "link", "next": "next"},
}  # fmt: skip
_MITX_COURSE: dict[str, Any] = {
    "title": "title", "description": "page.description", "url": "page.page_url",
    "image": "page.feature_image_src", "subjects": ["topics[].name", "departments[].name"],
    "duration": "duration", "effort": "time_commitment", "identifiers.edx": "readable_id",
}  # fmt: skip
_PROLEARN: Config = {
    "items": "data.searchAPISearch.documents", "id": "url",
    "base": "https://professional.mit.edu/", "total": "data.searchAPISearch.result_count",
    "fields": {
        "title": "title", "description": "body_override | body", "url": "url",
        "image": "featured_image_url", "kind": "field_course_or_program", "provider": "department",
        "subjects": "ucc_name", "duration": "field_duration", "effort": "field_time_commitment",
        "delivery": "format_name",
    },
    "runs": [{"fields": {
        "start": {"path": "start_value[0]", "decode": "epoch"},
        "end": {"path": "end_value[0]", "decode": "epoch"},
    }}],
    "offers": [{"fields": {"amount": "field_price", "currency": {"const": "USD"}}}],
    "credits": [{"fields": {"value": "field_non_degree_credits"}}],
}  # fmt: skip
_MITPE: Config = {
    "id": "uuid", "base": "https://professional.mit.edu/",
    "fields": {
        "title": "title", "description": "description", "url": "url", "image": "image__src",
        "kind": {"path": "resource_type", "const": "course"},
        "subjects": {"path": "topics", "split": "|", "decode": "html"},
        "duration": "duration", "delivery": "learning_format", "teaching_languages": "language",
    },
    "runs": [{"by_place": True, "fields": {
        "source_id": {"path": "run__readable_id", "split": "|"},
        "start": {"path": "start_date", "split": "|"}, "end": {"path": "end_date", "split": "|"},
        "enrol_end": {"path": "enrollment_end_date", "split": "|"},
        "instructors": [
            {"path": "lead_instructors", "split": "|"}, {"path": "instructors", "split": "|"},
        ],
    }}],
    "offers": [{"fields": {"amount": "price", "currency": {"const": "USD"}}}],
    "credits": [{"fields": {"value": "continuing_ed_credits", "unit": {"const": "CEU"}}}],
}  # fmt: skip
_SJTU: Config = {
    "items": "data", "id": "code", "group": True,
    "fields": {
        "title@zh": "name", "metadata_language": {"const": "zh"}, "provider": "holder_school",
        "identifiers.code": "code",
    },
    "credits": [{"fields": {"value": "credit", "unit": {"const": "学分"}}}],
    "runs": [{"fields": {
        "source_id": {"template": "{identifier} {code}"}, "instructors": "teacher[]",
        "place_name": {"path": "arrangements[]", "template": "{campus} {classroom}"},
    }}],
}  # fmt: skip

MAPPINGS: Mapping[str, Config] = {
    "jsonapi-sharekit-surf/sharekit-api.initial.0.json": _SHAREKIT,
    "jsonapi-sharekit-surf/sharekit-api.initial.1.json": _SHAREKIT,
    "jsonapi-sharekit-surf/sharekit-api.delta.0.json": _SHAREKIT,
    "mit-learn-fixtures/bootcamps.json": {
        "id": "course_id",
        "fields": {
            "title": "title", "summary": "short_description", "description": "full_description",
            "url": "url", "image": "image_src", "kind": "learning_resource_type",
            "subjects": "topics[].name", "teaching_languages": "language", "level": "level",
            "modified": "last_modified",
        },
        "runs": [{"fields": {
            "start": "start_date", "end": "end_date", "enrol_start": "enrollment_start",
            "enrol_end": "enrollment_end", "place_name": "location",
            "instructors": {"path": "instructors[]", "template": "{first_name} {last_name}"},
        }}],
        "offers": [{"each": "prices[]", "fields": {
            "amount": "price", "currency": {"const": "USD"},
        }}],
    },
    "mit-learn-fixtures/courses__16-01-unified-engineering-i-ii-iii-iv-fall-2005-spring-2006"
    "__data.json": {
        "items": ".", "id": "site_uid", "base": "https://ocw.mit.edu/",
        "fields": {
            "title": "course_title", "description": "course_description_html",
            "subjects": "topics[]", "level": "level[]", "image": "image_src",
            "licence": "course_image_metadata.license",
        },
        "runs": [{"fields": {"instructors": "instructors[].title"}}],
    },
    "mit-learn-fixtures/mitpe__professional_ed_resources_0.json": _MITPE,
    "mit-learn-fixtures/mitpe__professional_ed_resources_1.json": _MITPE,
    "mit-learn-fixtures/mitxonline_courses.json": {
        **_MITX,
        "fields": _MITX_COURSE,
        "runs": [{
            "each": "courseruns[]", "fields": _XPRO_RUN,
            "offers": [{"each": "products[]", "fields": {
                "amount": "price", "currency": {"const": "USD"},
            }}],
        }],
    },
    "mit-learn-fixtures/mitxonline_programs.json": {
        **_MITX,
        "fields": {**_MITX_COURSE, "kind": {"const": "programme"}},
        "runs": [{"fields": {"start": "start_date", "end": "end_date"}}],
        "offers": [{"fields": {"amount": "min_price", "currency": {"const": "USD"}}}],
    },
    "mit-learn-fixtures/ol_events.json": {
        "preset": "jsonapi", "paging": {"style": "link", "next": "links.next"},
        "base": "https://openlearning.mit.edu/",
        "deleted": {"path": "attributes.status", "values": ["false"]},
        "fields": {
            "title": {"path": "attributes.title", "language": "attributes.langcode"},
            "description": {"path": "attributes.body.value", "language": "attributes.langcode"},
            "url": "attributes.path.alias", "kind": {"const": "webinar"},
            "created": "attributes.created", "modified": "attributes.changed",
        },
        "runs": [{"fields": {
            "start": "attributes.field_event_date.value",
            "end": "attributes.field_event_date.end_value",
            "url": "attributes.field_event_location.uri",
        }}],
    },
    "mit-learn-fixtures/prolearn_csail_programs.json": _PROLEARN,
    "mit-learn-fixtures/prolearn_mitpe_courses.json": _PROLEARN,
    "mit-learn-fixtures/test_mitx_course.json": _EDX,
    "mit-learn-fixtures/test_non_mitx_course.json": _EDX,
    "mit-learn-fixtures/test_oll_courses.json": _EDX,
    "mit-learn-fixtures/test_mitx_programs.json": {
        "id": "uuid",
        "fields": {
            "title": "title", "summary": "subtitle", "url": "marketing_url",
            "description": "overview", "kind": {"const": "programme"},
            "provider": "authoring_organizations[].name", "subjects": "subjects[].name",
            "image": "card_image_url | banner_image.medium.url",
            "outcomes": "expected_learning_items[]", "teaching_languages": "languages[]",
        },
        "runs": [{**_EDX_RUNS[0], "each": "courses[].course_runs[]"}],
    },
    "mit-learn-fixtures/test_ocw_parsed.json": {
        "items": ".", "id": "uid", "base": "https://ocw.mit.edu/",
        "fields": {
            "title": "title", "url": "url", "description": "description", "subjects": "tags[].name",
            "level": "course_level", "teaching_languages": "language",
        },
        "runs": [{"fields": {
            "instructors": {"path": "instructors[]", "template": "{first_name} {last_name}"},
        }}],
    },
    "mit-learn-fixtures/test_sloan_courses.json": {
        "id": "Course_Id",
        "fields": {
            "title": "Title", "description": "Description", "url": "URL", "image": "Image_Src",
            "subjects": {"path": "Topics", "after": ": "}, "created": "SourceCreateDate",
            "modified": "SourceLastModifiedDate",
        },
    },
    "mit-learn-fixtures/test_sloan_runs.json": {
        "id": "Course_Id", "group": True,
        "fields": {
            "title": "CO_Title", "effort": "Time_Commitment", "duration": "Duration",
            "delivery": "Delivery",
        },
        "runs": [{
            "fields": {
                "source_id": "CO_Title", "start": "Start_Date", "end": "End_Date",
                "delivery": "Delivery", "instructors": "Faculty_Name",
                "place_name": {"path": "Location", "map": {"Online": ""}},
            },
            "offers": [{"fields": {
                "amount": "Price", "currency": {"path": "Currency", "const": "USD"},
            }}],
        }],
        "credits": [{"fields": {
            "value": "Continuing_Ed_Credits", "unit": {"const": "CEU"},
        }}],
    },
    "mit-learn-fixtures/xpro_courses.json": {
        **_XPRO,
        "runs": [{
            "each": "courseruns[]", "fields": _XPRO_RUN,
            "offers": [{"fields": {"amount": "current_price", "currency": {"const": "USD"}}}],
        }],
    },
    "mit-learn-fixtures/xpro_programs.json": {
        **_XPRO,
        "fields": {
            **_XPRO_COURSE, "kind": {"const": "programme"},
            "url": {"template": "https://xpro.mit.edu/programs/{readable_id}/"},
        },
        "runs": [{"each": "courses[].courseruns[]", "fields": _XPRO_RUN}],
        "offers": [{"fields": {"amount": "current_price", "currency": {"const": "USD"}}}],
    },
    "mooc-apis-mammooc/coursera-catalog.json": {
        "items": "elements", "total": "paging.total",
        "paging": {"style": "cursor", "parameter": "start", "next": "paging.next"},
        "linked": {
            "partners": {"list": 'linked."partners.v1"', "by": "partnerIds[]"},
            "teachers": {"list": 'linked."instructors.v1"', "by": "instructorIds[]"},
        },
        "fields": {
            "title": "name", "description": "description", "effort": "workload",
            "url": {"template": "https://www.coursera.org/learn/{slug}"},
            "teaching_languages": "primaryLanguages[]", "image": "photoUrl",
            "provider": '"@linked".partners[].name', "subjects": "domainTypes[].subdomainId",
            "delivery": {"const": "online"},
        },
        "runs": [{"fields": {
            "start": {"path": "startDate", "decode": "epoch_ms"},
            "instructors": {
                "path": '"@linked".teachers[]',
                "template": "{prefixName} {firstName} {lastName}",
            },
        }}],
    },
    "mooc-apis-mammooc/futurelearn-feed.json": {
        "id": "uuid",
        "fields": {
            "title": {"path": "name", "language": "language"},
            "summary": {"path": "introduction", "language": "language"},
            "description": {"path": "description", "language": "language"},
            "url": "url", "image": "image_url", "teaching_languages": "language",
            "subjects": "categories[]", "provider": "organisation.name",
            "effort": {"template": "{hours_per_week} hours per week"},
            "delivery": {"const": "online"},
        },
        "runs": [{"each": "runs[]", "fields": {"source_id": "uuid", "start": "start_date"}}],
    },
    "mooc-apis-mammooc/iversity-courses.json": {
        "items": "courses",
        "fields": {
            "title": {"path": "title", "decode": "html"},
            "summary": {"path": "subtitle", "decode": "html"},
            "description": {"path": "description", "decode": "html"},
            "url": "url", "image": "image", "teaching_languages": "language",
            "provider": {"path": "organisations[].name", "decode": "html"},
            "subjects": "discipline", "level": "knowledge_level",
            "duration": {"template": "{duration} weeks"},
        },
        "runs": [{"fields": {
            "start": "start_date", "end": "end_date", "instructors": "instructors[].name",
        }}],
        "offers": [{"each": "verifications[]", "fields": {
            "amount": "price", "currency": {"const": "EUR"},
        }}],
    },
    "mooc-apis-mammooc/udacity-courses.json": {
        "items": "courses", "id": "key",
        "fields": {
            "title": "title", "summary": "short_summary | subtitle", "description": "summary",
            "outcomes": "expected_learning", "prerequisites": "required_knowledge",
            "url": "homepage", "image": "image", "level": "level", "subjects": "tracks[]",
            "duration": {"template": "{expected_duration} {expected_duration_unit}"},
        },
        "runs": [{"fields": {"instructors": "instructors[].name"}}],
    },
    "sjtu-zh/2018_2019_3.json.gz": _SJTU,
    "sjtu-zh/2019_2020_2.json.gz": _SJTU,
    "sjtu-zh/2020_2021_1.json.gz": _SJTU,
}  # fmt: skip
