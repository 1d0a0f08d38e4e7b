"""The sentences of the advice and of its reasons, by the id that ``advice.yaml`` names."""

from __future__ import annotations

from gzeco_lib.errors import N_

TEXTS = {
    "normal": N_("Usual activities, outdoors too, need no restriction for the air."),
    "very_sensitive": N_(
        "Patients who react unusually strongly to air pollution should spend less time outdoors."
    ),
    "child_reduce": N_("Children should do less long or strenuous exercise outdoors."),
    "child_avoid": N_("Children should avoid long or strenuous exercise outdoors."),
    "child_indoors": N_("Children should stay indoors and do no sport outdoors."),
    "child_heat": N_(
        "Children should stay out of the hottest hours, play less hard outdoors with an adult near, and drink in time."
    ),
    "elder_reduce": N_("Older people should do less long or strenuous exercise outdoors."),
    "elder_avoid": N_("Older people should avoid long or strenuous exercise outdoors."),
    "elder_indoors": N_("Older people should stay indoors and do no exercise outdoors."),
    "elder_heat": N_(
        "Older people should not go out in the hottest hours, should have company when they go out, and see a doctor "
        "in time when unwell."
    ),
    "pregnant_reduce": N_("Pregnant women should go out less and do less exercise outdoors."),
    "pregnant_avoid": N_("Pregnant women should avoid going out and exercise outdoors."),
    "pregnant_indoors": N_("Pregnant women should stay indoors."),
    "pregnant_general": N_("Pregnant women, as everybody, should do somewhat less exercise outdoors."),
    "pregnant_heat": N_(
        "Pregnant women should not go out in the hottest hours, should have company when they go out, and see a doctor "
        "in time when unwell."
    ),
    "patient_reduce": N_(
        "Patients with heart or respiratory disease should do less long or strenuous exercise outdoors."
    ),
    "patient_avoid": N_(
        "Patients with heart or respiratory disease should avoid long or strenuous exercise outdoors."
    ),
    "patient_indoors": N_(
        "Patients with heart or lung disease should stay indoors and do no exercise outdoors."
    ),
    "patient_heat": N_(
        "Patients with chronic disease should not go out in the hottest hours, should keep in touch with family or "
        "neighbours, and take medicine as the doctor says."
    ),
    "worker_mask": N_("Those who work outdoors should wear a mask that protects from haze."),
    "worker_less": N_(
        "Those who work outdoors should cut strenuous work and time outdoors where work allows."
    ),
    "worker_aqhi": N_(
        "Outdoor workers who are unsure of their health or feel unwell in chest or breathing should see a doctor "
        "and tell their employer, so that work can be arranged to suit."
    ),
    "worker_heat_35": N_(
        "Outdoor work in shifts with shorter spells and no overtime; drink in time and keep to shade in breaks."
    ),
    "worker_heat_37": N_(
        "No more than 6 hours of outdoor work in the day, and none in the three hottest hours."
    ),
    "worker_heat_40": N_("Outdoor work stops for the day."),
    "school_reduce": N_("Schools should shorten long or strenuous outdoor lessons, or move them indoors."),
    "school_avoid": N_("Schools should hold no long or strenuous outdoor lessons; move them indoors."),
    "school_stop": N_(
        "Schools should suspend group activities outdoors, and avoid hard exercise indoors too."
    ),
    "school_heat": N_(
        "Schools should keep outdoor lessons out of the hottest hours, with water and shade at hand."
    ),
    "hospital_air": N_(
        "Hospitals should be ready for more patients with heart and respiratory disease: in Hong Kong such air goes "
        "with about {risk}% more of their admissions."
    ),
    "hospital_heat": N_("Hospitals should be ready for heat illness: emergency places, cooling and staff."),
    "site_dust": N_(
        "Sites should check fencing, covers, hardened roads, wet work, wheel washing and closed transport, and spray "
        "more."
    ),
    "site_prepare": N_(
        "Sites should prepare to stop earthwork and demolition: once a heavy-pollution warning is issued its "
        "measures are duties."
    ),
    "site_heat_35": N_(
        "Arrange shifts with shorter spells and no overtime for outdoor work; provide drinks, shade and medicine."
    ),
    "site_heat_37": N_(
        "Arrange no more than 6 hours of outdoor work in the day, and none in the three hottest hours."
    ),
    "site_heat_40": N_("Stop outdoor work for the day."),
    "site_noise": N_(
        "Sites should measure at their boundary and check work at night: the limits are 70 dB(A) by day and "
        "55 dB(A) by night."
    ),
}

REASONS = {
    "aqi": N_("{start} to {end}: hourly AQI up to {value}"),
    "aqi_all": N_("{start} to {end}: hourly AQI no more than {value}"),
    "aqhi": N_("{start} to {end}: AQHI up to {value}"),
    "day_max": N_("{day}: up to about {value} degC, hottest from {start} to {end}"),
    "noisy_sites": N_("{value} construction sites lie in cells louder than the limit of their zone"),
}

AUDIENCES = {
    "child": N_("Children"),
    "elder": N_("Older people"),
    "pregnant": N_("Pregnant women"),
    "respiratory": N_("Respiratory and heart patients"),
    "outdoor_worker": N_("Outdoor workers"),
    "school": N_("Schools and kindergartens"),
    "hospital": N_("Hospitals"),
    "site_manager": N_("Construction-site managers"),
}

SOURCES = {
    "hj633": N_("HJ 633-2012, Table 2, health effects and advice"),
    "hk_aqhi": N_(
        "Hong Kong Environmental Protection Department, health advice of the AQHI (not official in Guangzhou)"
    ),
    "haze": N_("National Health Commission 2019, No. 874: guide to protection of health in haze"),
    "heat_public": N_("National Disease Control and Prevention Administration 2025, health tips on heat"),
    "heat_work": N_("Measures on preventing heatstroke 2012, No. 89, Article 8"),
    "who_heat": N_("WHO Regional Office for Europe 2008, Heat-health action plans"),
    "wong": N_("Wong et al. 2013, doi:10.1016/j.atmosenv.2012.06.071"),
    "dust": N_(
        "Guangdong regulation on air pollution, Article 52, and the six measures of construction sites"
    ),
    "warning": N_(
        "Guangdong plan for heavy pollution 2020, No. 383; Ecological Environment Code, Articles 261 to 265"
    ),
    "noise_site": N_("GB 12523-2011, 4.1"),
}
