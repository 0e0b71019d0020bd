"""Texts that people may type, by what is particular about them; in the languages of courses."""

TEXTS = {
    "as written": (
        "machine learning", "structural analysis", "project management", "fluid mechanics",
        "control systems", "water treatment", "computer networks", "concrete", "thermodynamics",
        "机器学习", "结构力学", "项目管理", "流体力学", "自动控制原理", "环境工程", "混凝土结构",
        "машинное обучение", "алгоритмы и структуры данных", "базы данных", "программирование",
        "البرمجة", "قواعد البيانات", "تعلم الآلة", "programación web", "inteligencia artificial",
        "bases de datos", "apprentissage automatique", "programmation", "développement web",
    ),
    "inflected": (
        "designing databases", "managed projects", "engineering structures", "networked computers",
        "алгоритмами", "программированию", "مبرمجين", "programar", "programmer", "estructuras",
    ),
    "misspelt": (
        "machne learning", "thermodinamics", "enviromental enginering", "algoritms",
        "программиравание", "inteligensia artificial", "aprentissage", "statistcs",
    ),
    "unfinished": ("mach", "thermo", "struct anal", "program", "электр", "algor", "数据", "工"),
    "code": ("CS 101", "ISO 9001", "IEC 61131-3", "PHYS-101", "EN 1992-1-1", "C++", "HTML5", "3D"),
    "abbreviation": ("FEM", "CAD", "BIM", "GIS", "PLC", "CFD", "HVAC", "IoT", "SQL", "AI"),
    "many words": (
        "introduction to the design and analysis of algorithms",
        "water resources planning and management for civil engineers",
        "面向工程师的数据结构与算法设计分析课程",
    ),
    "nothing there": ("xylophone zeppelins", "qqqqq", "桥桥桥桥"),
    "no word": ("", "…", "-"),
}  # fmt: skip
