"""What the client of an EHR server keeps to itself, and whose certificate it believes."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from ehr_world import GOAL, LEAVE, NAMED, SECRET, client, ehr, server, waits
from scripted_server import Say, ScriptedServer

from adapter.ehr import errors as e
from adapter.ehr.client import Client
from adapter.ehr.query import Query
from adapter.settings import EHR

# ---- secrets


def test_the_token_goes_out_and_is_never_shown(
    server: ScriptedServer, ehr: EHR, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The bearer token stands in the request and in no message or log."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("CLINIC_TOKEN", SECRET)
    with Client(replace(ehr, token_env="CLINIC_TOKEN")) as client:
        server.script = [Say(401, {"resourceType": "OperationOutcome", "issue": []})]
        with pytest.raises(e.Refused) as caught:
            list(client.pages(Query.named(NAMED, "Goal", patient="Patient/asha-kulkarni")))
        assert server.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    seen = str(caught.value) + repr(caught.value) + caplog.text
    assert SECRET not in seen
    assert "asha" not in seen


@pytest.mark.parametrize("value", [None, "", "two words", "line\r\nX-Evil: 1"])
def test_without_a_token_nothing_is_asked(
    server: ScriptedServer, ehr: EHR, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """Where the settings name a token and the environment has none, that is the message."""
    monkeypatch.delenv("CLINIC_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("CLINIC_TOKEN", value)
    with Client(replace(ehr, token_env="CLINIC_TOKEN")) as client, pytest.raises(e.Refused, match="CLINIC_TOKEN"):
        client.read("Goal", "g1")
    assert server.asked == []


def test_proxies_and_netrc_of_the_environment_are_not_used(
    server: ScriptedServer, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a proxy nor a password of the environment takes part."""
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login a password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.script = [Say(body=GOAL)]
    client.read("Goal", "g1")
    assert "Authorization" not in server.asked[0].headers


def test_https_to_a_server_that_speaks_http(server: ScriptedServer, ehr: EHR, waits: list[float]) -> None:
    """No secure connection is a message at once, and nothing was sent."""
    client = Client(replace(ehr, url=server.url.replace("http:", "https:")), sleep=waits.append)
    with client, pytest.raises(e.Unreachable, match="really https"):
        client.create(LEAVE)
    assert (server.asked, waits) == ([], [])


def test_a_ca_bundle_that_is_not_there(ehr: EHR) -> None:
    """A certificate file that is missing is said before anything is sent."""
    with pytest.raises(e.Unreachable, match="ca_bundle"):
        Client(replace(ehr, ca_bundle="nowhere.pem"))


def test_verification_is_never_switched_off() -> None:
    """No line of the client's code turns the checking of certificates off."""
    code = "".join(p.read_text() for p in Path(e.__file__).parent.glob("*.py"))
    assert not any(off in code for off in ("verify=False", "CERT_NONE", "check_hostname = False", "disable_warnings"))
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


# ---- certificates


def _certificate(folder: Path, name: str, *san: str) -> Path:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("SKIPPED: no openssl to make a certificate with")
    file = folder / f"{name}.pem"
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    said = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={','.join(san)}"]
    out = ["-keyout", str(folder / f"{name}.key"), "-out", str(file)]
    subprocess.run([openssl, *new, *said, *out], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (folder / f"{name}.key").read_bytes())
    return file


@pytest.mark.parametrize(
    ("san", "trusted", "good"),
    [("IP:127.0.0.1", True, True), ("IP:127.0.0.1", False, False), ("DNS:other.example", True, False)],
    ids=["trusted", "unknown", "another server's"],
)
def test_a_certificate_is_checked(
    server: ScriptedServer, ehr: EHR, tmp_path: Path, waits: list[float], *, san: str, trusted: bool, good: bool
) -> None:
    """Only a certificate that ca_bundle trusts and that names the server is good; otherwise nothing was sent."""
    file = _certificate(tmp_path, "server", san)
    server.secure(file)
    server.script = [Say(body=GOAL)]
    bundle_file = str(file) if trusted else ""
    there = replace(ehr, url=server.url.replace("http:", "https:"), ca_bundle=bundle_file)
    with Client(there, sleep=waits.append) as client:
        if good:
            assert client.read("Goal", "g1").id == "g1"
            return
        with pytest.raises(e.Unreachable, match="certificate"):
            client.read("Goal", "g1")
    assert (server.asked, waits) == ([], [])
