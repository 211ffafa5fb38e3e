# ruff: noqa: E501
"""Single mutations that no shape tells: narratives, contained resources, extensions, ids, codes of open systems, and
each invariant broken in each way in which its expression can be (mutations_of_rules.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from defects import GONE, planted
from rich_documents import datatypes, rich
from sound_documents import SOUND

from mappings.tree import Number, Tree, dump
from peers.mutations_of_rules import ABSENT, EDITS

_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
_INSIDE = (
    "&nbsp;", "&copy;", "&#160;", "&#xA0;", "&amp;nbsp;", "&so;", "&", "a < b", "a &lt; b", "<br>", "<br/>", "<BR/>",
    "<p>a", "<p>a</b></p>", "<p class='a'>a</p>", '<p style="color: red">a</p>', "<p class=a>a</p>", "<p hidden>a</p>",
    '<p id="a">a</p>', '<p id="a">a</p><p id="a">b</p>', '<p title="a">a</p>', '<p so="a">a</p>', '<p lang="de">a</p>',
    '<p xml:lang="de">a</p>', '<p dir="rtl">a</p>', '<p onclick="a()">a</p>', '<p onload="a()">a</p>',
    '<p align="left">a</p>', '<p data-so="a">a</p>', '<p aria-label="a">a</p>', '<p role="a">a</p>',
    "<script>a</script>", "<style>p {}</style>", '<link href="a"/>', "<meta/>", "<title>a</title>", "<head/>",
    '<img src="a.png" alt="a"/>', '<img src="#a" alt="a"/>', '<img src="data:image/png;base64,AAAA" alt="a"/>',
    '<img src="https://a.example/a.png"/>', '<img/>', '<img src="a.png" alt="a">', '<a href="https://a.example">a</a>',
    '<a href="#a">a</a>', '<a name="a">a</a>', '<a href="javascript:a()">a</a>', '<a href="a" target="_blank">a</a>',
    '<a href="mailto:lee@clinic.example">a</a>', "<a>a</a>", '<a href="">a</a>', '<a href="ftp://a.example">a</a>',
    '<a href="so:it">a</a>', "<table><tr><td>a</td></tr></table>", "<table><tbody><tr><td>a</td></tr></tbody></table>",
    '<table border="1"><tr><td colspan="2">a</td></tr></table>', "<tr><td>a</td></tr>", "<td>a</td>",
    "<table><td>a</td></table>", "<table><p>a</p></table>", "<iframe/>", "<object/>", "<embed/>", "<form/>", "<input/>",
    "<button>a</button>", "<svg/>", "<video/>", "<section>a</section>", "<header>a</header>", "<figure>a</figure>",
    "<main>a</main>", "<time>a</time>", "<mark>a</mark>", "<u>a</u>", "<s>a</s>", "<tt>a</tt>", "<ins>a</ins>",
    "<del>a</del>", "<font>a</font>", "<center>a</center>", "<strike>a</strike>", "<big>a</big>", "<small>a</small>",
    "<acronym>a</acronym>", "<bdo>a</bdo>", "<hr/>", "<dl><dt>a</dt><dd>b</dd></dl>", "<dt>a</dt>", "<ul><li>a</li></ul>",
    "<ul>a</ul>", "<ul><p>a</p></ul>", "<li>a</li>", "<ol><li>a</li></ol>", "<blockquote>a</blockquote>", "<h1>a</h1>",
    "<h7>a</h7>", "<p><p>a</p></p>", "<p><div>a</div></p>", "<p><ul><li>a</li></ul></p>", "<p><table/></p>",
    "<p><h1>a</h1></p>", "<b><p>a</p></b>", "<span><div>a</div></span>", "<pre>a</pre>", "<q>a</q>", "<map/>",
    "<area/>", "<label>a</label>", "<select/>", "<abbr>a</abbr>", "<!-- a -->", "<!-- a -- b -->", "<?so it?>",
    "<![CDATA[a]]>", "<div>a</div>", '<div xmlns="urn:a">a</div>', "<x:p>a</x:p>", "", " ", "&#160;", "<br/>",
    "<p></p>", "<p> </p>", "<!-- a -->", '<img src="a.png" alt="a"/> ', "\x00", "\x0b", "<col/>",
    "<table><caption>a</caption><colgroup><col/></colgroup><thead><tr><th>a</th></tr></thead></table>",
    '<span style="background: url(https://a.example)">a</span>', '<p style="expression(a)">a</p>',
    '<p style="position: fixed">a</p>', '<table><tr><td valign="top" width="5%">a</td></tr></table>',
    '<ol start="2"><li value="3">a</li></ol>', '<a href="#a" rel="a">a</a>', '<q cite="a">a</q>', '<p tabindex="1">a</p>',
    '<p accesskey="a">a</p>', '<img src="a.png" alt="a" width="5" height="5" border="0"/>', '<td headers="a">a</td>',
    '<table summary="a" cellpadding="0" cellspacing="0" rules="all" frame="box"><tr><td>a</td></tr></table>',
    '<p contenteditable="true">a</p>', '<a href="a" download="a">a</a>', '<img src="a" srcset="b" alt="a"/>',
    '<img src="a" longdesc="b" alt="a"/>', '<p clear="all">a</p>', '<br clear="all"/>', "<p>a</p >", "<P>a</P>",
    '<p Class="a">a</p>', '<font color="red">a</font>', '<h1 align="center">a</h1>', "<sub>a</sub><sup>b</sup>",
)  # fmt: skip
_AROUND = (
    "<div>a</div>", "<div/>", f"<div {_XHTML}/>", f"<div {_XHTML}>a</div><div {_XHTML}>b</div>", f"<p {_XHTML}>a</p>",
    f"<span {_XHTML}>a</span>", "a", f" <div {_XHTML}>a</div> ", f"a<div {_XHTML}>a</div>", f"<div {_XHTML}>a</div>b",
    f"<div {_XHTML}>a", f"<DIV {_XHTML}>a</DIV>", '<div xmlns="http://www.w3.org/1999/html">a</div>',
    '<div xmlns="https://www.w3.org/1999/xhtml">a</div>', '<h:div xmlns:h="http://www.w3.org/1999/xhtml">a</h:div>',
    f'<?xml version="1.0"?><div {_XHTML}>a</div>', f"<!DOCTYPE html><div {_XHTML}>a</div>",
    f'<!DOCTYPE a [<!ENTITY b "c">]><div {_XHTML}>&b;</div>', f"<!-- a --><div {_XHTML}>a</div>",
    f"<div {_XHTML}>a</div><!-- a -->", f'<div {_XHTML} class="a" style="a: b">a</div>', f'<div {_XHTML} so="a">a</div>',
    f'<div {_XHTML} lang="de" xml:lang="de">a</div>', f'<div {_XHTML} lang="de">a</div>', f'<div {_XHTML} id="a">a</div>',
    f'<div {_XHTML} {_XHTML}>a</div>', "&lt;div&gt;a&lt;/div&gt;", f"<html {_XHTML}><body>a</body></html>",
    f"<div {_XHTML}>\n  a\n</div>", "<div xmlns='http://www.w3.org/1999/xhtml'>a</div>", "**a**", "<div",
)  # fmt: skip
_LANGUAGES = ("en", "EN", "en-US", "en-us", "en-ZZ", "xx", "xx-YY", "english", "en_US", "en-", "-en", "e", "zh-Hant-CN",
              "zh-cmn-Hans-CN", "de-CH-1996", "sl-rozaj-biske", "es-419", "i-klingon", "x-so", "en-x-so", "art-lojban",
              "de-DE-u-co-phonebk", "en-a-bbb", "kn", "kok", "tlh", "qaa", "und", "mul", "deu", "12", "en-1", "so-it-is",
              "en-US-US", "en US", "deutsch", "abcde", "root", "*", "fr-CA", "pt-BR", "sgn-US", "nl-BE")  # fmt: skip
_CURRENCIES = ("EUR", "eur", "EURO", "XXX", "XTS", "ABC", "DEM", "INR", "US$", "CHE", "VES", "VEF", "ZWL", "SLE", "BTC",
               "978", "HRK", "UYW", "XAU", "MRO", "BYR", "STD", "LTL", "EEK", "GHC")  # fmt: skip
_UNITS = ("ms", "s", "mg", "MG", "kg/m2", "mm[Hg]", "mmHg", "{so}", "10*3/uL", "10^3", "a", "mo_j", "wk", "%", "1", "",
          "Cel", "°C", "so", "mg/", "/mg", "mg//mL", "mg.mL", "m2", "m-2", "m+2", "[lb_av]", "[lb]", "k[lb_av]", "kkg", "da",
          "mg{so}", "{so", "mg}", "(mg)", "mg/(kg.d)", "(mg", "2mg", "mg2.5", "[IU]", "U", "Ohm", "days", "hr", "h", "l", "L",
          "dL", "Kcal", "kcal", "cal", "[degF]", "meq", "mmol/L", "ug", "mcg", "µg", "tablet", "{tablet}", "[arb'U]", "m s",
          "'", "B", "dB", "B[SPL]", "nm", "Gy", "[pH]", "[drp]", "10*", "10^", "mol", "kat", "bit_s", "By", "kBy", "[ft_i]",
          "[in_i'H2O]", "osm", "mosm/kg", "[CFU]", "{score}", "[APL'U]")  # fmt: skip
_MIMES = ("text/plain", "image/png", "application/fhir+json", "text/plain; charset=utf-8", "text/plain;charset=utf-8", "png",
          "text", "/png", "image/", "image/*", "*/*", "a/b/c", "Image/PNG", "application/x-so", "xml", "json", "text/pl ain",
          "video/mp4", "application/vnd.so+json;a=b;c=d", "text/cql", "text/fhirpath", "so-it-is", "text/plain;",
          "application/pdf", "x/y")  # fmt: skip
_SAY: Tree = {"url": "https://clinic.example/say", "valueString": "so"}


def by_hand(release: str) -> Iterator[tuple[str, Tree | bytes]]:
    """Yield name and document."""
    sound, full = SOUND[release], rich(release)
    goal, plan, form = sound["Goal"], sound["CarePlan"], sound["Questionnaire"]
    for inside in _INSIDE:
        yield f"div: {inside:.60}", planted(goal, "text.div", f"<div {_XHTML}>{inside}</div>")
        if inside:
            yield f"div: x {inside:.60}", planted(goal, "text.div", f"<div {_XHTML}><p>x</p>{inside}</div>")
    for whole in _AROUND:
        yield f"div = {whole:.60}", planted(goal, "text.div", whole)
    for code in _LANGUAGES:
        spoken = planted(goal, "text", GONE)
        yield f"language = {code}", planted(spoken, "language", code)
    types = datatypes(release)
    for name, element, codes in (
        ("valueMoney", "currency", _CURRENCIES),
        ("valueQuantity", "code", _UNITS),
        ("valueDuration", "code", _UNITS),
        ("valueAge", "code", _UNITS),
        ("valueDistance", "code", _UNITS),
        ("valueAttachment", "contentType", _MIMES),
        ("valueSignature", "sigFormat", _MIMES),
        *([("valueSampledData", "intervalUnit", _UNITS)] if release == "R5" else []),
    ):
        for code in codes:
            yield f"{name}.{element} = {code}", said(goal, name, types[name] | {element: code})
    for place in ("lifecycleStatus", "language", "text.status"):
        twin = "_" + place if "." not in place else "text._status"
        for what, value in (("absent", ABSENT), ("said", {"extension": [_SAY]}), ("id", {"id": "a"})):
            yield f"{place} {what}", planted(planted(goal, place, GONE), twin, value)
    yield from _contained(plan, goal)
    yield from _extended(goal)
    for base, edits in EDITS:
        for edit in edits:
            document: Any = (
                {"plan": plan, "goal": goal, "form": form}.get(base)
                or full.get(base)
                or said(goal, base, types.get(base, {"unknown": "in this release"}))
            )
            if base.startswith("value") and base not in types:
                continue
            try:
                for at, value in zip(edit[::2], edit[1::2], strict=True):
                    document = planted(document, at if base not in types else f"extension[0].{base}.{at}", value)
            except (KeyError, IndexError):
                continue  # this release has no such element
            yield f"{base}: {edit!r:.150}", document
    yield from _written(goal)


def said(goal: Tree, name: str, value: Any) -> Tree:
    """Return a goal with one extension of this value."""
    return goal | {"extension": [{"url": f"https://clinic.example/{name}", name: value}]}


def _contained(plan: Tree, goal: Tree) -> Iterator[tuple[str, Tree]]:
    team, walks = plan["contained"]
    for what, contained in (
        ("unreferenced", [team, walks, {"resourceType": "Basic", "id": "a", "code": {"text": "a"}}]),
        ("without id", [team, {k: v for k, v in walks.items() if k != "id"}]),
        ("same id", [team, walks | {"id": "team"}]),
        ("twice", [team, team, walks]),
        ("nested", [team | {"contained": [{"resourceType": "Basic", "id": "a", "code": {"text": "a"}}]}, walks]),
        ("refers to its plan", [team, walks, {"resourceType": "Provenance", "id": "p", "target": [{"reference": "#"}],
            "recorded": "2026-11-22T09:00:00Z", "agent": [{"who": {"display": "Lee"}}]}]),
        ("refers to another", [team | {"subject": {"reference": "#asha"}}, walks, {"resourceType": "Patient", "id": "asha"}]),
        ("refers to nothing", [team | {"subject": {"reference": "#asha"}}, walks]),
        ("refers to itself", [team | {"subject": {"reference": "#team"}}, walks]),
        ("with versionId", [team | {"meta": {"versionId": "1"}}, walks]),
        ("with lastUpdated", [team | {"meta": {"lastUpdated": "2026-11-22T09:00:00Z"}}, walks]),
        ("with label", [team | {"meta": {"security": [{"system": "urn:a", "code": "a"}]}}, walks]),
        ("with tag", [team | {"meta": {"tag": [{"system": "urn:a", "code": "a"}]}}, walks]),
        ("with profile", [team | {"meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/CareTeam"]}}, walks]),
        ("with narrative", [team | {"text": goal["text"]}, walks]),
        ("with language", [team | {"language": "en"}, walks]),
        ("no type", [{k: v for k, v in team.items() if k != "resourceType"}, walks]),
        ("unknown type", [team | {"resourceType": "Team"}, walks]),
        ("abstract type", [team | {"resourceType": "DomainResource"}, walks]),
        ("a bundle", [team, walks, {"resourceType": "Bundle", "id": "b", "type": "collection"}]),
        ("a binary", [team, walks, {"resourceType": "Binary", "id": "b", "contentType": "text/plain"}]),
        ("parameters", [team, walks, {"resourceType": "Parameters", "id": "b"}]),
        ("wrong inside", [team | {"status": "so"}, walks]),
        ("unknown inside", [team | {"so": "it"}, walks]),
        ("bad id", [team | {"id": "#team"}, walks]),
        ("id with _", [team | {"id": "t_m"}, walks]),
        ("empty", []),
        ("null", [None]),
        ("text", ["so"]),
        ("object", team),
        ("nothing in it", [{}]),
    ):  # fmt: skip
        yield f"contained: {what}", plan | {"contained": contained}
    for what, link in (("#", "#"), ("# unknown", "#so"), ("blank", "# team"), ("capital", "#TEAM"), ("escaped", "#te%61m"),
                       ("part", "#team/a"), ("version", "#team|1"), ("id", "team")):  # fmt: skip
        yield f"reference to contained: {what}", planted(plan, "careTeam[0].reference", link)
        yield f"canonical to contained: {what}", planted(plan, "instantiatesCanonical", [link])
        yield f"uri to contained: {what}", planted(plan, "instantiatesUri", [link])
    for what, reference in (
        ("empty", {}), ("type only", {"type": "Patient"}), ("identifier", {"identifier": {"value": "a"}}),
        ("display", {"display": "a"}), ("extension", {"extension": [_SAY]}), ("id", {"id": "a"}),
        ("identifier only with use", {"identifier": {"use": "usual"}}),
    ):  # fmt: skip
        yield f"reference: {what}", planted(goal, "subject", reference)


def _extended(goal: Tree) -> Iterator[tuple[str, Tree]]:
    for what, extension in (
        ("no url", {"valueString": "a"}), ("url only", {"url": "https://a.example"}), ("empty url", _SAY | {"url": ""}),
        ("value and extension", _SAY | {"extension": [_SAY]}), ("two values", _SAY | {"valueInteger": Number("1")}),
        ("nested", {"url": "https://a.example", "extension": [{"url": "a", "valueString": "a"}]}),
        ("nested without value", {"url": "https://a.example", "extension": [{"url": "a"}]}),
        ("deep", {"url": "https://a.example", "extension": [{"url": "a", "extension": [{"url": "b", "valueCode": "c"}]}]}),
        ("no extension inside", {"url": "https://a.example", "extension": []}), ("unknown", _SAY | {"so": "it"}),
        ("value", {"url": "https://a.example", "value": "a"}), ("unknown type", {"url": "https://a.example", "valueSo": "a"}),
        ("value of resource", {"url": "https://a.example", "valueResource": {"resourceType": "Patient"}}),
        ("relative url", _SAY | {"url": "a"}), ("url with blank", _SAY | {"url": "https://a.example/a b"}),
        ("urn", _SAY | {"url": "urn:oid:1.2.3.4"}), ("url with |", _SAY | {"url": "https://a.example|1"}),
        ("url number", _SAY | {"url": Number("1")}), ("value null", {"url": "https://a.example", "valueString": None}),
        ("twin only", {"url": "https://a.example", "_valueString": {"extension": [_SAY]}}),
        ("twin with id", {"url": "https://a.example", "_valueString": {"id": "a"}}), ("id", _SAY | {"id": "a"}),
        ("id with blank", _SAY | {"id": "a b"}), ("empty value", {"url": "https://a.example", "valueString": ""}),
        ("modifier inside", _SAY | {"modifierExtension": [_SAY]}), ("meta", {"url": "https://a.example", "valueMeta":
            {"versionId": "1"}}), ("reference", {"url": "https://a.example", "valueReference": {"reference": "#so"}}),
    ):  # fmt: skip
        yield f"extension: {what}", goal | {"extension": [extension]}
        yield f"modifier extension: {what}", goal | {"modifierExtension": [extension]}
        yield f"extension of a value: {what}", goal | {"_startDate": {"extension": [extension]}}
        yield f"extension of a part: {what}", planted(goal, "description.extension", [extension])
        yield f"modifier of a target: {what}", planted(goal, "target[0].modifierExtension", [extension])
    for what, extensions in (("twice", [_SAY, _SAY]), ("null", [None]), ("empty", [{}]), ("none", []), ("text", ["a"])):
        yield f"extensions: {what}", goal | {"extension": extensions}
    yield "modifier of a datatype", planted(goal, "description.modifierExtension", [_SAY])
    yield "modifier of a value", goal | {"_startDate": {"modifierExtension": [_SAY]}}


def _written(goal: Tree) -> Iterator[tuple[str, bytes]]:
    data = dump(goal)
    rest = data[1:]
    for what, changed in (
        ("trailing comma", data[:-1] + b",}"), ("comment", b"/* a */" + data), ("line comment", b"// a\n" + data),
        ("byte order mark", b"\xef\xbb\xbf" + data), ("single quotes", data.replace(b'"Goal"', b"'Goal'")),
        ("no quotes", data.replace(b'"resourceType"', b"resourceType", 1)), ("twice", data + data), ("cut", data[:-20]),
        ("blank at the end", data + b"\n\n"), ("garbage at the end", data + b"x"), ("in a list", b"[" + data + b"]"),
        ("duplicate key", b'{"id": "other", ' + rest), ("duplicate key, same value", b'{"resourceType": "Goal", ' + rest),
        ("latin-1", data.replace(b"sister", b"s\xefster")), ("NaN", b'{"a": NaN, ' + rest), ("+1", b'{"a": +1, ' + rest),
        ("01", b'{"a": 01, ' + rest), (".5", b'{"a": .5, ' + rest), ("escape", data.replace(b"sister", b"s\\u00efster")),
        ("half a pair", data.replace(b"sister", b"\\ud800")), ("control", data.replace(b"sister", b"\x01")),
        ("tab", data.replace(b"sister", b"a\tb")), ("bad escape", data.replace(b"sister", b"\\x")), ("", b""), ("null", b"null"),
        ("text", b'"Goal"'), ("number", b"3"), ("list", b"[]"), ("nothing", b"{}"), ("empty key", b'{"": "a", ' + rest),
        ("missing comma", data.replace(b",", b" ", 1)), ("missing colon", data.replace(b":", b" ", 1)),
    ):  # fmt: skip
        yield f"json: {what}", changed
