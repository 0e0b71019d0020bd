"""What a completion record says again and again: the preset dictionaries of ``app.proof.compact``.

A printed code can be read only with the very dictionary it was made with, so a dictionary is never
changed and never removed: a better one gets the next number, and a test pins the SHA-256 of each.

The text is of our own making: member names and constant texts of the profile
(``app.verification.profile``) in the order of canonical JSON, frames of addresses and of did:web
ids, and words that titles of courses are made of. Deflate pays less for what stands nearer to the
end, so what every record holds stands last. Control characters are the signs of ``compact``.
"""

from collections.abc import Mapping

_TITLES = (
    # English
    " workshop seminar conference webinar course training session programme lecture symposium"
    " introduction to advanced fundamentals of principles practice professional ethics engineers"
    " engineering design of analysis of management of inspection of assessment of maintenance of"
    " construction of structures buildings bridges tunnels roads railway dams foundations soil"
    " geotechnical structural seismic earthquake concrete steel timber masonry loads fatigue"
    " mechanical electrical electronic power systems grid renewable energy solar wind hydropower"
    " water wastewater treatment environmental environment climate sustainability sustainable"
    " chemical process materials manufacturing quality risk health and safety fire protection"
    " project contract digital data software information modelling artificial intelligence for the"
    " with in on how and methods standards codes regulations national international development"
    " Society of Engineers Institution of Engineers Engineers Board of Engineering Council of"
    " Federation of Association Academy University College Institute "
    # Chinese, simplified and traditional
    "高级基础概论实务讲座研讨会培训班课程继续教育职业道德工程师工程伦理设计分析管理检测评估维护施工结构建筑桥梁"
    "隧道道路公路铁路大坝水利水电地基基础岩土抗震地震混凝土钢结构木结构砌体荷载机械电气电子电力系统电网可再生能源"
    "太阳能风电给水排水污水处理环境环保气候可持续发展化工工艺材料制造质量风险安全生产消防项目合同数字化数据软件信息"
    "模型人工智能技术标准规范方法应用与的和及在国家国际中国学会协会研究院大学注册工程師設計結構橋樑學會協會工程與"
    # Arabic
    " ورشة عمل ندوة مؤتمر دورة تدريبية برنامج مقدمة في أساسيات متقدم أخلاقيات المهنة المهندسين"
    " الهندسة الهندسية تصميم التصميم تحليل إدارة فحص تقييم صيانة إنشاء المنشآت المباني الجسور"
    " الأنفاق الطرق السدود الأساسات التربة الزلزالي الزلازل الخرسانة الحديد الكهرباء الميكانيكا"
    " الطاقة المتجددة الشمسية المياه الصرف الصحي البيئة المستدامة السلامة المهنية الجودة المخاطر"
    " المشاريع العقود الرقمية البيانات الهيئة نقابة اتحاد جمعية جامعة "
    # Urdu
    " کورس ورکشاپ تربیت کا ڈیزائن اور معائنہ کی کے میں انجینئرنگ کونسل پاکستان پلوں عمارتوں سڑکوں"
    " زلزلہ کنکریٹ بجلی توانائی پانی حفاظت انتظام تعارف "
    # Russian, French, Spanish
    " курс семинар введение в основы проектирование расчёт и конструкций зданий мостов инженеров"
    " строительство безопасность управление энергетика сейсмостойкость железобетонных общество"
    " cours formation séminaire introduction à la conception et le calcul des ouvrages ponts"
    " bâtiments structures sismique béton ingénieurs sécurité gestion de l'énergie société des"
    " curso taller diseño de puentes estructuras edificios sísmico hormigón concreto acero"
    " ingenieros ingeniería seguridad gestión energía colegio asociación introducción a los las "
)

_VALUES = (
    '"Failed" "Provisional" "Withdrew" "Completed" "LetterGrade" "RawScore" "Percent" "Status"'
    ' "application/pdf" "image/png" "image/jpeg" "text/html" "ni:///sha-256;" "uEi'
    ' "author" "instructor" "mentor" "presenter" "role":"speaker"'
    ' "public_required" "soft_skills" "local_practice" "risk_management" "law_regulation"'
    ' "business_management" "sustainability" "health_safety" "ethics" "technical"'
    ' "membership" "service" "publication" "teaching" "mentoring" "work_learning" "private_study"'
    ' "in_house" "formal_study" "self_paced" "webinar_live" "conference"'
    ' "self-study" "blended" "online-async" "online-live" "failed" "false"'
    ' "CreditHours" "ClassHours" "ECTS" "CEU" "PDU" "PDH" "CPDUnits" "CPDPoints" "CPDHours"'
    ' "zh-Hant" "zh-Hans" "zh-CN" "es" "fr" "ru" "ur" "ar" "zh" "pt" "sw" "de" (zh) (ar) (fr) (en)'
    ' "GB/T " "JGJ " "AS/NZS " "ASTM " "ACI " "BS " "IEC " "ISO " "EN 1992-1-1 EN 1998-1'
    " EN 19 GB 50 :2004 :2005 -2010 -2011 -2016 -2018 -2021 %3A %2F + .org .org.cn .com .edu"
    ' 120 180 240 300 420 540 600 720 750 840 960 1200 1440 "1.5" "2.5" "0.5" "2" "3" "5"'
    ' "2025-01- "2027-01- "2027- "2026-12- "2026-11- "2026-10- T09:00:00Z'
)

_RARE = (
    ',"activityEndDate":"2026-11-20T00:00:00Z","activityStartDate":"2026-11-18T00:00:00Z"'
    ',"creditsAvailable":,"creditsEarned":,"fieldOfStudy":"0732","humanCode":"'
    ',"otherIdentifier":[{"identifier":"CPD/2026/","identifierType":"ext:Approval.'
    '","type":"IdentifierEntry"}],"related":[{"description":"'
    '","id":"urn:uuid:\x01#in-zh","inLanguage":"zh","name":"","type":["Related"]}'
    ',{"id":"urn:uuid:\x01#in-ar","inLanguage":"ar","name":"'
    ',"related":[{"id":"urn:uuid:\x01#in-en","inLanguage":"en","name":"'
    '","type":["Related"]}],"resultDescription":[{'
    ',"specialization":"","term":"2026","version":"'
    ',"relatedResource":[{"digestMultibase":"u","id":"https://","mediaType":"application/pdf"}]'
    ',"requiredValue":"","valueMax":"","valueMin":"0","status":"Completed","targetDescription":"'
    '"targetType":"CTDL","ext:MembershipNumber","did:key:z6Mk","z2'
    '","cryptosuite":"eddsa-jcs-2022","ecdsa-rdfc-2019","ecdsa-jcs-2019",'
)

_CLAIMED = ("CreditHours", "ClassHours", "CEU", "PDH", "CPDUnits", "CPDPoints", "CPDHours")
_IEA = "IEA Graduate Attributes and Professional Competencies, version 4"
_FACTS = (
    ("ContactMinutes", "Contact time in minutes", "360"),
    ("WorkloadMinutes", "Workload in minutes", "480"),
    ("FullDays", "Full days", "1"),
    ("ActivityKind", "Kind of activity", "course"),
    ("DeliveryMode", "Mode of delivery", "onsite"),
    ("Assessed", "Whether it was assessed", "true"),
    ("AssessmentResult", "Result of the assessment", "passed"),
)


def _alignment(code: str, kind: str, url: str, framework: str = "") -> str:
    framed = f'"targetFramework":"{framework}",' if framework else ""
    name = f"{framework}: {code}" if framework else code
    return (
        f'{{"targetCode":"{code}",{framed}"targetName":"{name}","targetType":"{kind}",'
        f'"targetUrl":"{url}","type":["Alignment"]}}'
    )


def _described(code: str, name: str) -> str:
    return (
        f'{{"id":"urn:uuid:\x01#{code}","name":"{name}","resultType":"ext:{code}",'
        '"type":["ResultDescription"]}'
    )


def _result(code: str, value: str) -> str:
    return f'{{"resultDescription":"urn:uuid:\x01#{code}","type":["Result"],"value":"{value}"}}'


def _further() -> str:
    """Facts that some records have."""
    facts = [(code, f"Claimed by the issuer, in {code}", "") for code in _CLAIMED]
    facts += [
        ("TeachingLanguages", "Languages it was given in", "en"),
        ("Country", "Country it took place in", "KE"),
    ]
    described = ",".join(_described(code, name) for code, name, _ in facts)
    results = ",".join(_result(code, value) for code, _, value in facts)
    return f",{described}],{results}]"


def _skeleton() -> str:
    alignments = ",".join(
        [
            _alignment("", "ext:TechnicalStandard", "https://\x06/?q="),
            _alignment(
                "0", "ext:FieldOfStudy", "http://data.europa.eu/esco/isced-f/0", "ISCED-F 2013"
            ),
            *(
                _alignment(
                    f"EC{number}",
                    "ceasn:Competency",
                    "https://www.internationalengineeringalliance.org/",
                    _IEA,
                )
                for number in (2, 4, 1)
            ),
        ]
    )
    described = ",".join(_described(code, name) for code, name, _ in _FACTS)
    results = ",".join(_result(code, value) for code, _, value in _FACTS)
    return (
        '{"@context":["https://www.w3.org/ns/credentials/v2",'
        '"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],'
        '"awardedDate":"2026-11-20T00:00:00Z","credentialStatus":{"id":"https://\x06'
        '/societies/\x07/status/1#\x0e","statusListCredential":"https://\x06/societies/\x07/status/1",'
        '"statusListIndex":"\x0e",'
        '"statusPurpose":"revocation","type":"BitstringStatusListEntry"},"credentialSubject":'
        '{"achievement":{"achievementType":"ext:","achievementType":"Course","alignment":['
        f'{alignments}],"criteria":{{"id":"https://\x06/courses/\x02","narrative":'
        '"Completion of the activity, as \x08 records."},"description":"\x0b",'
        '"id":"https://\x06/courses/\x02","inLanguage":"en","name":"\x0b","resultDescription":['
        f'{described}],"tag":["technical"],"type":["Achievement"]}},"id":"urn:uuid:\x02",'
        '"identifier":[{"hashed":true,"identityHash":"sha256$\x03","identityType":'
        '"ext:RegisterNumber","salt":"\x05","type":"IdentityObject"}],"result":['
        f'{results}],"role":"participant","type":["AchievementSubject"]}},"id":"urn:uuid:\x01",'
        '"issuer":{"id":"did:web:\x06:societies:\x07","name":"\x08","type":["Profile"],"url":"https://'
        '"},"name":"\x0b","proof":[{"created":"\x0c","cryptosuite":"eddsa-rdfc-2022",'
        '"proofPurpose":"assertionMethod","proofValue":"\x04","type":"DataIntegrityProof",'
        '"verificationMethod":"did:web:\x06:societies:\x07#ed25519-1"}],'
        '"type":["VerifiableCredential","OpenBadgeCredential"],"validFrom":"\x0c"}'
    )


_FIRST = _TITLES + _VALUES + _RARE + _further() + _skeleton()
# Since then what a result means has one id in every record, and a translation the course's.
_SECOND = _FIRST.replace("urn:uuid:\x01#in-", "https://\x06/courses/\x02#in-").replace(
    "urn:uuid:\x01#", "urn:opencpd:result:"
)

NEWEST = 2
BY_VERSION: Mapping[int, bytes] = {1: _FIRST.encode(), 2: _SECOND.encode()}
"""Every dictionary there ever was."""
