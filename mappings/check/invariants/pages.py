"""Where the specification says each invariant, and which of them are warnings there."""

from __future__ import annotations

from mappings.check.invariants.definitions import NAMES

# fmt: off
PAGES = {
    "att": "datatypes.html#Attachment",          "cpl": "careplan.html#invs",
    "con": "condition.html#invs",                "obs": "observation.html#invs",
    "dom": "domainresource.html#invs",           "ele": "element.html#invs",
    "ext": "extensibility.html#Extension",       "gol": "goal.html#invs",
    "age": "datatypes.html#Age",                 "app": "appointment.html#invs",
    "av": "datatypes.html#Availability",         "bdl": "bundle.html#invs",
    "invariant/full": "bundle-definitions.html#Bundle.entry.fullUrl",
    "bdystr": "servicerequest.html#invs",        "cnl": "canonicalresource.html#invs",
    "cnt": "datatypes.html#Count",               "cod": "datatypes.html#Coding",
    "cpt": "datatypes.html#ContactPoint",        "ctm": "careteam.html#invs",
    "dis": "datatypes.html#Distance",            "dos": "dosage.html#Dosage",
    "drt": "datatypes.html#Duration",            "exp": "metadatatypes.html#Expression",
    "ident": "datatypes.html#Identifier",        "inv": "task.html#invs",
    "pat": "patient.html#invs",                  "per": "datatypes.html#Period",
    "ppc": "consent.html#invs",                  "prr": "servicerequest.html#invs",
    "ras": "riskassessment.html#invs",           "rat": "datatypes.html#Ratio",
    "ratrng": "datatypes.html#RatioRange",       "rng": "datatypes.html#Range",
    "rqg": "requestgroup.html#invs",             "sdd": "datatypes.html#SampledData",
    "sqty": "datatypes.html#SimpleQuantity",     "tim": "datatypes.html#Timing",
    "vsd": "valueset.html#invs",                 "txt": "narrative.html#Narrative",
    "qrs": "questionnaireresponse.html#invs",    "qty": "datatypes.html#Quantity",
    "que": "questionnaire.html#invs",            "ref": "references.html#Reference",
    "ait": "allergyintolerance.html#invs",       "cmp": "composition.html#invs",
    "csd": "codesystem.html#invs",               "enc": "encounter.html#invs",
    "fhs": "familymemberhistory.html#invs",      "grp": "group.html#invs",
    "lst": "list.html#invs",                     "org": "organization.html#invs",
    "tsk": "task.html#invs",
    "drq": "metadatatypes.html#DataRequirement", "trd": "metadatatypes.html#TriggerDefinition",
    "invariant/attachment": "datatypes.html#Attachment", "invariant/label": "resource.html#Meta",
    "invariant/narrative": "narrative.html#id",  "invariant/identifier": "datatypes.html#Identifier",
    "imm": "immunization.html#invs",             "imr": "immunizationrecommendation.html#invs",
    "mad": "medicationadministration.html#invs", "mdd": "medicationdispense.html#invs",
    "dev": "device.html#invs",                   "nor": "nutritionorder.html#invs",
    "apr": "appointmentresponse.html#invs",      "sev": "auditevent.html#invs",
    "act": "account.html#invs",                  "ces": "coverageeligibilityresponse.html#invs",
    "cud": "clinicalusedefinition.html#invs",    "ipn": "insuranceplan.html#invs",
    "lnk": "linkage.html#invs",                  "mrp": "measurereport.html#invs",
    "mea": "measure.html#invs",                  "ing": "ingredient.html#invs",
    "evv": "evidencevariable.html#invs",         "obd": "observationdefinition.html#invs",
    "scr": "subscription.html#invs",             "pld": "plandefinition.html#invs",
    "prc": "procedure.html#invs",                "prov": "provenance.html#invs",
    "cmd": "conceptmap.html#invs",               "nsd": "namingsystem.html#invs",
    "opd": "operationdefinition.html#invs",      "spd": "searchparameter.html#invs",
    "invariant/supplement": "codesystem.html#invs", "invariant/count": "codesystem.html#invs",
    "invariant/parameter": "parameters.html#invs", "adf": "activitydefinition.html#invs",
    "lib": "library.html#invs",                  "gdf": "graphdefinition.html#invs",
    "pdf": "plandefinition.html#invs",           "evd": "eventdefinition.html#invs",
    "rsd": "researchdefinition.html#invs",       "red": "researchelementdefinition.html#invs",
    "msd": "messagedefinition.html#invs",        "invariant/expression": "metadatatypes.html#Expression",
    "invariant/link": "bundle.html#Bundle",      "invariant/search": "bundle-definitions.html#Bundle.entry.search.mode",
}
"""What an id starts with -> its page."""
# fmt: on

WARNINGS = {"app-6", "cnl-0", "cnl-1", "cod-1", "csd-2", "csd-3", "ctm-2", "ident-1", "que-14", "que-15", "que-1b"}
WARNINGS |= {"nor-1", "pld-3", *NAMES}
