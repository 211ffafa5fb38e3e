"""What the programme has decided: where the store lies, where the gateway listens, which EHRs it talks to.

    store = ".planbridge/store.sqlite"        planbridge.toml in the folder where planbridge is called,
                                              or the file named by --config or PLANBRIDGE_CONFIG;
    [gateway]                                 PLANBRIDGE_STORE names another store
    port = 8410

    [check]
    release = "R4"                            what FHIR documents are that do not tell (check, convert)
    synthetic = true                          the people of the files are made up: check may print their values

    [ehr.clinic]
    url = "https://ehr.example.org/fhir"
    relation = "other"
    organization = "http://hl7.org/fhir/sid/us-npi|1234567893"
    purpose = "TREAT"
    token_env = "CLINIC_TOKEN"                the name of an environment variable: the file never holds a secret

Every key stands in one of the tables below. A key that does not, and a value of the wrong type, is an error; all are
reported at once, each with file and key, never with the value.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adapter.origin import BadAddress, base_address, origin

FILE = "planbridge.toml"
RELATIONS = ("same-programme", "service-organisation", "other")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class EHR:
    """An EHR server that the programme exchanges records with.

    url              base address, without a slash at the end
    relation         same-programme | service-organisation | other: what the law lets it see without consent
    organization     (system, value): the identifier by which a Consent names this recipient
    purpose          v3-ActReason code of the exchange: TREAT
    token_env        environment variable that holds the bearer token; empty: the server asks for none
    ca_bundle        file of certificates to trust instead of the system's; empty: the system's
    connect_timeout, read_timeout, answer_timeout   seconds: to connect, between two bytes, for an answer as a whole
    attempts, longest_wait   how often a read is tried, and the most seconds waited when the server asks for patience
    page_size        records asked for in a page
    max_pages, max_bytes     most pages of one query and most bytes of one answer that are taken
    overlap_seconds  how far a pull reaches back behind the last one: longer than the server's longest transaction
    private_network  the server's name may resolve to a private or loopback address
    """

    name: str
    url: str
    relation: str
    organization: tuple[str, str]
    purpose: str
    token_env: str = ""
    ca_bundle: str = ""
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    answer_timeout: float = 300.0
    attempts: int = 4
    longest_wait: float = 60.0
    page_size: int = 100
    max_pages: int = 10_000
    max_bytes: int = 64_000_000
    overlap_seconds: int = 120
    private_network: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `file` is where they stand, or would stand; `store` is the database file.

    `release` is that of FHIR files that do not tell theirs; `synthetic` says that people in files are made up.
    """

    file: Path = Path(FILE)
    store: Path = Path(".planbridge/store.sqlite")
    tenant: str = "default"
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 8410
    require_if_match: bool = False
    release: str = ""
    synthetic: bool = False
    ehrs: Mapping[str, EHR] = field(default_factory=lambda: MappingProxyType({}))

    def ehr(self, name: str) -> EHR:
        """Return the EHR of a name. Raises SettingsError."""
        if name not in self.ehrs:
            known = ", ".join(sorted(self.ehrs)) or "none yet"
            raise SettingsError(
                self.file, {"ehr": f"there is no EHR {name!r}. Known: {known}. Add one: planbridge ehr add"}
            )
        return self.ehrs[name]


class SettingsError(Exception):
    """The settings cannot be used. `problems` maps key (`ehr.clinic.url`, or "" for the file) to what is wrong."""

    def __init__(self, file: Path, problems: Mapping[str, str]) -> None:
        self.file, self.problems = file, dict(problems)
        super().__init__(
            "\n".join(f"{file}: {key}: {text}" if key else f"{file}: {text}" for key, text in problems.items())
        )


# ---- kinds of values: each returns the value as settings hold it, or raises ValueError saying what is wanted

Kind = Callable[[object], Any]


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _whole(least: int, most: int) -> Kind:
    def kind(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return kind


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 3600:
        raise ValueError("must be a number of seconds above 0, at most 3600")
    return float(value)


def _address(value: object) -> str:
    try:
        return base_address(_text(value))
    except BadAddress as error:
        raise ValueError(str(error)) from None


def _relation(value: object) -> str:
    if value not in RELATIONS:
        raise ValueError(f"must be one of {', '.join(RELATIONS)}")
    return str(value)


def identifier(value: object) -> tuple[str, str]:
    """Return (system, value) for `system|value`. Raises ValueError."""
    system, bar, rest = str(value).partition("|")
    if not isinstance(value, str) or not bar or not system.strip() or not rest.strip() or re.search(r"\s", system):
        raise ValueError('must be an identifier: "system|value"')
    return system, rest.strip()


def _code(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}", value):
        raise ValueError("must be one code, such as TREAT")
    return value


def _variable(value: object) -> str:
    if value == "":
        return ""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", value):
        raise ValueError("must be the name of an environment variable, never the token itself")
    return value


def _release(value: object) -> str:
    if value not in ("R4", "R5"):
        raise ValueError("must be R4 or R5")
    return str(value)


def _file(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be the name of a file")
    return value


def _tenant(value: object) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError("must be a name of small letters, digits and hyphens")
    return value


# fmt: off
TOP_KEYS: dict[str, tuple[str, Kind]] = {
    # key                field               kind
    "store":             ("store",            _text),
    "tenant":            ("tenant",           _tenant),
}
GATEWAY_KEYS: dict[str, tuple[str, Kind]] = {
    "host":              ("gateway_host",     _text),
    "port":              ("gateway_port",     _whole(0, 65535)),
    "require_if_match":  ("require_if_match", _flag),
}
CHECK_KEYS: dict[str, tuple[str, Kind]] = {
    "release":           ("release",          _release),
    "synthetic":         ("synthetic",        _flag),
}
EHR_KEYS: dict[str, tuple[Kind, str]] = {
    # key             kind                      comment written beside it
    "url":             (_address,               "base address of the FHIR server"),
    "relation":        (_relation,              "same-programme | service-organisation | other"),
    "organization":    (identifier,             "system|value by which a Consent names this recipient"),
    "purpose":         (_code,                  "why records are exchanged, a v3-ActReason code: TREAT"),
    "token_env":       (_variable,              "environment variable with the bearer token, never the token"),
    "ca_bundle":       (_file,                  "file of certificates to trust instead of the system's"),
    "connect_timeout": (_seconds,               "seconds to connect"),
    "read_timeout":    (_seconds,               "seconds between two bytes of an answer"),
    "answer_timeout":  (_seconds,               "seconds for an answer as a whole"),
    "attempts":        (_whole(1, 10),          "how often a read is tried; a write is sent once"),
    "longest_wait":    (_seconds,               "most seconds waited when the server asks for patience"),
    "page_size":       (_whole(1, 1000),        "records asked for in a page"),
    "max_pages":       (_whole(1, 1_000_000),   "most pages of one query"),
    "max_bytes":       (_whole(1000, 10**9),    "most bytes of one answer"),
    "overlap_seconds": (_whole(0, 86_400),      "a pull reaches back so far: the longest transaction there"),
    "private_network": (_flag,                  "the server's name may resolve to a private or loopback address"),
}
REQUIRED = ("url", "relation", "organization", "purpose")
# fmt: on


def settings_file(path: str | None = None) -> Path:
    """Return the file that holds the settings: the one named, else PLANBRIDGE_CONFIG, else ./planbridge.toml."""
    return Path(path or os.environ.get("PLANBRIDGE_CONFIG") or FILE)


def load_settings(path: str | None = None) -> Settings:
    """Read the settings. Without a file, and none named, the defaults hold. Raises SettingsError with every problem.

    Relative file names in the file are relative to the file; PLANBRIDGE_STORE is relative to the current folder.
    """
    file = settings_file(path)
    named = path or os.environ.get("PLANBRIDGE_CONFIG")
    found = _read(file) if named or file.exists() else {}
    problems: dict[str, str] = {}
    gateway, checked, ehrs = found.pop("gateway", {}), found.pop("check", {}), found.pop("ehr", {})
    values = _named(found, TOP_KEYS, "", problems) | _named(gateway, GATEWAY_KEYS, "gateway", problems)
    values |= _named(checked, CHECK_KEYS, "check", problems)
    known = _ehrs(ehrs, problems)
    if problems:
        raise SettingsError(file, problems)
    values["store"] = file.parent / values.get("store", ".planbridge/store.sqlite")
    if elsewhere := os.environ.get("PLANBRIDGE_STORE"):
        values["store"] = Path(elsewhere)
    placed = {n: _placed(e, file.parent) for n, e in known.items()}
    return Settings(file=file, ehrs=MappingProxyType(placed), **values)


def _placed(ehr: EHR, folder: Path) -> EHR:
    return replace(ehr, ca_bundle=str(folder / ehr.ca_bundle)) if ehr.ca_bundle else ehr


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(file, {"": "there is no such file. Add an EHR to make one: planbridge ehr add"}) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(file, {"": f"cannot be read ({type(error).__name__})"}) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at .*\)", str(error))
        raise SettingsError(file, {"": f"is not TOML {place[0] if place else ''}".strip()}) from None


def _named(table: object, keys: Mapping[str, tuple[str, Kind]], at: str, problems: dict[str, str]) -> dict[str, Any]:
    """Return field -> value for one table of the file."""
    kinds = {key: kind for key, (_, kind) in keys.items()}
    return {keys[key][0]: value for key, value in _checked(table, kinds, at, problems).items()}


def _checked(table: object, kinds: Mapping[str, Kind], at: str, problems: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not isinstance(table, dict):
        problems[at] = "must be a table"
        return values
    for key, value in table.items():
        where = f"{at}.{key}" if at else key
        if key not in kinds:
            problems[where] = f"unknown key. Known: {', '.join(kinds)}"
            continue
        try:
            values[key] = kinds[key](value)
        except ValueError as error:
            problems[where] = str(error)
    return values


def _ehrs(table: object, problems: dict[str, str]) -> dict[str, EHR]:
    if not isinstance(table, dict):
        problems["ehr"] = "must be tables: [ehr.NAME]"
        return {}
    found = {}
    for name, block in table.items():
        at, before = f"ehr.{name}", len(problems)
        if not NAME.fullmatch(name):
            problems[at] = "an EHR's name has small letters, digits and hyphens, at most 40"
        values = _checked(block, {key: kind for key, (kind, _) in EHR_KEYS.items()}, at, problems)
        problems.update(
            {f"{at}.{key}": "is missing" for key in REQUIRED if isinstance(block, dict) and key not in block}
        )
        if values.get("token_env") and "url" in values and not _guarded(values["url"]):
            problems[f"{at}.token_env"] = "a token is sent by https only (or to this machine itself)"
        if len(problems) == before:
            found[name] = EHR(name=name, **values)
    return found


def _guarded(url: str) -> bool:
    peer = origin(url)
    return peer.scheme == "https" or peer.host in {"localhost", "::1"} or peer.host.startswith("127.")


def checked_ehr(file: Path, name: str, stated: Mapping[str, object]) -> EHR:
    """Return an EHR from values as they would stand in the file. Raises SettingsError with every problem."""
    problems: dict[str, str] = {}
    found = _ehrs({name: dict(stated)}, problems)
    if problems:
        raise SettingsError(file, problems)
    return found[name]


def add_ehr(path: str | Path, ehr: EHR) -> None:
    """Append the block of an EHR to the settings file; what stands in the file stays as it is.

    Raises SettingsError when the file cannot be read, has an EHR of that name, or would not be valid with the block.
    """
    file = Path(path)
    if file.exists() and ehr.name in _read(file).get("ehr", {}):
        raise SettingsError(
            file, {f"ehr.{ehr.name}": "stands in the file already. Choose another name, or edit the file."}
        )
    block = _block(ehr)
    checked_ehr(file, ehr.name, tomllib.loads(block)["ehr"][ehr.name])
    before = file.read_text("utf-8") if file.exists() else _HEAD
    if not before.endswith("\n"):
        before += "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".tmp")
    with fresh.open("w", encoding="utf-8") as out:
        out.write(before + block)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


_HEAD = """# Settings of Planbridge. A key that is not known is an error that every command reports.
# store = ".planbridge/store.sqlite"
"""


def _block(ehr: EHR) -> str:
    blank = EHR("", "", "", ("", ""), "")
    lines = [f"\n[ehr.{ehr.name}]"]
    for key, (_, comment) in EHR_KEYS.items():
        value = "|".join(ehr.organization) if key == "organization" else getattr(ehr, key)
        stated = key in REQUIRED or getattr(ehr, key) != getattr(blank, key)
        line = f"{'' if stated else '# '}{key} = {json.dumps(value, ensure_ascii=False)}"
        lines.append(f"{line:<48} # {comment}")
    return "\n".join(lines) + "\n"
