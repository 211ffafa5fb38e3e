"""Settings: what stands in the file is what holds, and what is wrong in it is said, all at once."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.origin import BadAddress, base_address, followed, origin
from adapter.settings import EHR, EHR_KEYS, Settings, SettingsError, add_ehr, load_settings

CLINIC = EHR(
    name="clinic",
    url="https://ehr.example.org/fhir",
    relation="other",
    organization=("http://hl7.org/fhir/sid/us-npi", "1234567893"),
    purpose="TREAT",
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANBRIDGE_CONFIG", raising=False)
    monkeypatch.delenv("PLANBRIDGE_STORE", raising=False)


def test_defaults() -> None:
    """Without a file the defaults hold."""
    assert load_settings() == Settings()


def test_a_file_that_was_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file is an error when somebody named it."""
    with pytest.raises(SettingsError, match="no such file"):
        load_settings("mine.toml")
    monkeypatch.setenv("PLANBRIDGE_CONFIG", "other.toml")
    with pytest.raises(SettingsError, match="no such file"):
        load_settings()


def test_every_problem_at_once() -> None:
    """Each unknown key and wrong value is named with its key, and no value is repeated."""
    Path("planbridge.toml").write_text(
        """
        stroe = "x"
        tenant = 7
        [gateway]
        port = "8410"
        require_if_match = 1
        [ehr.clinic]
        url = "ftp://secret-host/fhir"
        relation = "friend"
        organization = "secret-npi"
        token_env = "eyJ.secret.token"
        timeout = 3
        page_size = true
        """
    )
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    assert set(caught.value.problems) == {
        "stroe", "tenant", "gateway.port", "gateway.require_if_match", "ehr.clinic.url", "ehr.clinic.relation",
        "ehr.clinic.organization", "ehr.clinic.token_env", "ehr.clinic.timeout", "ehr.clinic.page_size",
        "ehr.clinic.purpose",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["ehr = 3", "[ehr]\nclinic = 3", "gateway = []", "[ehr.Clinic]\n", "a = ", "a = 1\na = 2", '\x00="'],
    ids=repr,
)
def test_a_broken_file_is_a_message(text: str) -> None:
    """What is not settings at all is refused with a message."""
    Path("planbridge.toml").write_text(text)
    with pytest.raises(SettingsError):
        load_settings()


def test_files_are_relative_to_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative store lies beside the file that names it; PLANBRIDGE_STORE wins."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/mine.toml").write_text('store = "data/store.sqlite"')
    assert load_settings("deep/mine.toml").store == Path("deep/data/store.sqlite")
    monkeypatch.setenv("PLANBRIDGE_STORE", "/srv/store.sqlite")
    assert load_settings("deep/mine.toml").store == Path("/srv/store.sqlite")


def test_an_ehr_is_read_as_it_was_added() -> None:
    """What `add_ehr` writes, `load_settings` reads; what stood in the file stays."""
    Path("planbridge.toml").write_text("# mine\n[gateway]\nport = 9000 # chosen")
    other = replace(CLINIC, name="other", token_env="OTHER_TOKEN", page_size=7, read_timeout=2.5, private_network=True)
    add_ehr("planbridge.toml", CLINIC)
    add_ehr("planbridge.toml", other)
    assert Path("planbridge.toml").read_text().startswith("# mine\n[gateway]\nport = 9000 # chosen\n")
    found = load_settings()
    assert (found.gateway_port, dict(found.ehrs)) == (9000, {"clinic": CLINIC, "other": other})


def test_an_ehr_is_added_once() -> None:
    """A second block of the same name is refused and the file is as it was."""
    add_ehr("planbridge.toml", CLINIC)
    before = Path("planbridge.toml").read_bytes()
    with pytest.raises(SettingsError, match="already"):
        add_ehr("planbridge.toml", CLINIC)
    assert Path("planbridge.toml").read_bytes() == before


def test_an_invalid_ehr_is_not_written() -> None:
    """A block that could not be read back is never written."""
    with pytest.raises(SettingsError, match=r"ehr\.clinic\.token_env"):
        add_ehr("planbridge.toml", replace(CLINIC, url="http://ehr.example.org", token_env="CLINIC_TOKEN"))
    assert not Path("planbridge.toml").exists()


def test_every_field_of_an_ehr_has_a_key() -> None:
    """The table of keys and the record name the same things in the same order."""
    assert ["name", *EHR_KEYS] == [f.name for f in fields(EHR)]


def test_an_unknown_ehr_is_answered_with_the_known_ones() -> None:
    """Who asks for an EHR that is not there is told which are."""
    add_ehr("planbridge.toml", CLINIC)
    with pytest.raises(SettingsError, match=r"Known: clinic"):
        load_settings().ehr("clinik")


@pytest.mark.parametrize(
    ("text", "is_base"),
    [
        ("HTTPS://EHR.Example.org:443/fhir/", "https://ehr.example.org/fhir"),
        ("http://[::1]:8080/fhir", "http://[::1]:8080/fhir"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_one_spelling_of_an_address(text: str, is_base: str) -> None:
    """Case, default port and the last slash do not make two servers of one."""
    assert base_address(text) == is_base


@pytest.mark.parametrize(
    "text",
    [
        "ehr.example.org", "file:///etc/passwd", "gopher://x", "http://", "http://a@b/", "http://u:p@b/", "http://h:443:443/",
        "http://127.0.0.1\\@good/", "http://h/\r\nx", "http://h/ x", "http://h/?a=b", "http://h/#f", "http://h/?", "http://h:0/",
        "http://h:99999/", "http://[::1/", "http://ехr/", "http://h\x7f/",
    ],
)  # fmt: skip
def test_no_address(text: str) -> None:
    """What two programs might read differently is no address."""
    with pytest.raises(BadAddress):
        base_address(text)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """No text does anything but be an address or be refused; an address stays itself."""
    try:
        base = base_address(text)
    except BadAddress:
        return
    assert base_address(base) == base


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("https://ehr.example.org/fhir?_getpages=1", "https://ehr.example.org/fhir?_getpages=1"),
        ("https://EHR.example.org:443/x?a=%20", "https://ehr.example.org/x?a=%20"),
        ("?_getpages=1", "https://ehr.example.org/fhir/Goal?_getpages=1"),
        ("/fhir/next", "https://ehr.example.org/fhir/next"),
    ],
)
def test_a_link_within_the_server_is_followed(link: str, there: str) -> None:
    """A next link, absolute or relative, is followed as it is within its origin."""
    assert followed("https://ehr.example.org/fhir/Goal?x=y", link) == there


@pytest.mark.parametrize(
    "link",
    [
        "http://ehr.example.org/fhir", "https://ehr.example.org:444/fhir", "https://evil.example/", "//evil.example/",
        "https://ehr.example.org@evil.example/", "https://ehr.example.org:443:443/", "\\\\evil", "javascript:x", "a b",
        "https://169.254.169.254/",
    ],
)  # fmt: skip
def test_a_link_elsewhere_is_not_followed(link: str) -> None:
    """A link to another origin, be it the same host by another scheme or port, is refused."""
    with pytest.raises(BadAddress):
        followed("https://ehr.example.org/fhir/Goal?x=y", link)


def test_an_origin_is_scheme_host_and_port() -> None:
    """The default port is a port."""
    assert origin("https://a/") == origin("HTTPS://A:443/x") != origin("http://a/")
