"""What the keys of the outcome's tables are called: the words of the pages, without what draws them."""

from __future__ import annotations

from gzeco_lib.errors import N_

GROUPS = {
    "all": N_("Everybody"), "child_0_14": N_("Children, 0 to 14"), "adult_15_64": N_("Adults, 15 to 64"),
    "elder_65": N_("Elderly, 65 and over"), "outdoor_worker": N_("Outdoor workers"),
    "pregnant": N_("Pregnant women"), "respiratory": N_("People with respiratory disease"),
}  # fmt: skip
HAZARDS = {
    "overall": N_("All hazards, the worst known"), "air": N_("Air"), "toxics": N_("Toxic substances"),
    "water": N_("Water"), "noise": N_("Noise"),
}  # fmt: skip
PLACE_KINDS = {
    "school": N_("School"), "kindergarten": N_("Kindergarten"), "hospital": N_("Hospital"),
    "elderly_home": N_("Home for the elderly"), "park": N_("Park"),
}  # fmt: skip
CAUSES = {
    "NCD+LRI": N_("Non-communicable diseases and lower respiratory infections"),
    "IHD": N_("Ischaemic heart disease"), "STR": N_("Stroke"), "stroke": N_("Stroke"),
    "COPD": N_("Chronic obstructive pulmonary disease"), "LC": N_("Lung cancer"),
    "LRI": N_("Lower respiratory infections"), "ALL": N_("All causes"), "all": N_("All causes"),
    "all_cause": N_("All causes"), "nonaccidental": N_("All but accidents"), "circulatory": N_("Circulatory disease"),
    "respiratory": N_("Respiratory disease"), "asthma": N_("Asthma"), "T2D": N_("Type 2 diabetes"),
}  # fmt: skip
MEASURES = {
    "deaths": N_("Deaths"), "admissions": N_("Hospital admissions"), "emergency": N_("Emergency visits"),
    "outpatient": N_("Outpatient visits"),
}  # fmt: skip
KINDS = {
    "literature": N_("Literature"), "local": N_("Estimated from the city's counts"), "bayes": N_("Bayesian estimate"),
}  # fmt: skip
TOPICS = {
    "odour": N_("Odour"), "smoke_dust": N_("Smoke and dust"), "noise": N_("Noise"), "water": N_("Water"),
    "waste": N_("Waste"), "vehicle": N_("Vehicles"), "catering_fume": N_("Cooking fumes"),
    "construction": N_("Construction"), "health": N_("Health complaints"),
    "health_complaint": N_("Health complaints"), "other": N_("Other"),
}  # fmt: skip
FEEDS = {
    "air": N_("Air"), "weather": N_("Weather"), "presence": N_("People present"),
    "exposure": N_("Usual day of people"), "health": N_("Health counts"), "complaints": N_("Complaints"),
    "opinion": N_("Public opinion"), "water": N_("Water"), "noise": N_("Noise"), "toxics": N_("Toxic substances"),
    "enterprises": N_("Enterprises"), "places": N_("Places"), "demography": N_("Demography"),
    "cell": N_("Attributes of cells"),
}  # fmt: skip
# How a feed stands, in words, and how grave that is.
STATUS = {
    "ok": (N_("on time"), "low"), "late": (N_("late"), "high"), "thin": (N_("thin"), "moderate"),
    "missing": (N_("missing"), "very_high"),
}  # fmt: skip
CERTAINTY = {
    "seen-primary": N_("read in the document itself"), "seen-secondary": N_("read in a second source"),
    "computed": N_("computed"), "known": N_("generally known; a setting that can be changed"),
    "ours": N_("a choice of this product"),
}  # fmt: skip
