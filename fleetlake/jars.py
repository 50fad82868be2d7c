"""The jars of Spark and of the local Kafka: named in jars.xml, fetched once by the Ivy that pyspark ships, their bytes checked against jars.sha256."""

import fcntl
import hashlib
import shutil
import ssl
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

from fleetlake.console import ERRORS, Failure
from fleetlake.java import java_home
from fleetlake.settings import settings

HERE = Path(__file__).parent
SUMS = HERE / "jars.sha256"
FOLDER = Path(sys.prefix) / "share" / "fleetlake" / "jars"  # inside the environment: one copy for all homes
SETTINGS = """<ivysettings><settings defaultResolver="maven"/><property name="ivy.checksums" value=""/>
<resolvers><ibiblio name="maven" m2compatible="true" usepoms="false"{root}/></resolvers></ivysettings>"""
TIME_LIMIT_S = 900


def class_path(use: Literal["spark", "kafka"]) -> list[Path]:
    """The jars of one use, present and checked; fetches all that are missing. Raises Failure that names a jar with other bytes."""
    expected = checksums()
    if missing(FOLDER, expected):
        with locked(FOLDER.with_suffix(".lock")):
            if missing(FOLDER, expected):
                fetch(FOLDER, expected)
    check(FOLDER, {name: digest for name, digest in expected.items() if name.startswith(f"{use}/")})
    return sorted(FOLDER / name for name in expected if name.startswith(f"{use}/"))


def checksums() -> dict[str, str]:
    """Jar ("spark/delta-storage-4.4.0.jar") → SHA-256 of the bytes that we accept."""
    return {name: digest for digest, name in (line.split() for line in SUMS.read_text().splitlines())}


def missing(folder: Path, expected: dict[str, str]) -> list[str]:
    """The expected jars that are not there."""
    return [name for name in expected if not (folder / name).exists()]


def check(folder: Path, expected: dict[str, str]) -> None:
    """Raises Failure at the first jar whose bytes are not the expected ones."""
    for name, digest in expected.items():
        if (found := sha256(folder / name)) != digest:
            raise Failure(
                f"{folder / name} is not the jar that we trust: SHA-256 {found}, expected {digest}",
                f"rm {folder / name} and try again; if it stays, the repository serves another file",
            )


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(folder: Path, expected: dict[str, str]) -> None:
    """Retrieves all jars with Ivy into `folder`; a jar appears there only when its bytes were checked."""
    ERRORS.print(f"fetching {len(missing(folder, expected))} jars for Spark and Kafka", style="dim")
    draft = folder.with_suffix(".draft")
    try:
        retrieve(draft)
        if missing(draft, expected):
            raise Failure(
                f"Ivy did not retrieve {', '.join(missing(draft, expected))}",
                "jars.xml and jars.sha256 disagree: python -m fleetlake.jars trust",
            )
        check(draft, expected)
        for name in expected:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).replace(folder / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def retrieve(draft: Path) -> None:
    """Runs Ivy with a cache and a trust store of its own inside `draft`; raises Failure with what Ivy said."""
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    (draft / "settings.xml").write_text(SETTINGS.format(root=f' root="{settings().maven}"' if settings().maven else ""))
    (draft / "trust.jks").write_bytes(trust_store(ssl.create_default_context().get_ca_certs(binary_form=True)))
    ivy: list[str | Path] = [
        "org.apache.ivy.Main",
        "-warn",
        "-settings",
        draft / "settings.xml",
        "-ivy",
        HERE / "jars.xml",
        "-cache",
        draft / "cache",
    ]
    command: list[str | Path] = [
        java_home() / "bin" / "java",
        *network(draft / "trust.jks"),
        "-cp",
        ivy_jar(),
        *ivy,
        "-retrieve",
        f"{draft}/[conf]/[artifact]-[revision].[ext]",
        "-confs",
        "spark",
        "kafka",
    ]
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIME_LIMIT_S, check=False
    )
    if ran.returncode:
        said = next(
            (line.strip() for line in ran.stdout.splitlines() if "not found" in line or "rror" in line or "UNRESOLVED" in line),
            ran.stdout.strip()[-200:],
        )
        raise Failure(
            f"Ivy could not fetch the jars: {said}", "check the network; FLEET_MAVEN names a mirror of Maven Central, HTTPS_PROXY a proxy"
        )


def ivy_jar() -> Path:
    """Ivy, as pyspark ships it."""
    spec = find_spec("pyspark")
    found = sorted(Path(spec.origin).parent.glob("jars/ivy-*.jar")) if spec and spec.origin else []
    if not found:
        raise Failure("pyspark is not installed, and it brings the Ivy that fetches jars", "make setup, or pip install 'fleetlake[spark]'")
    return found[-1]


def network(trust: Path) -> list[str]:
    """Java's own words for the certificates and the proxy that Python uses already."""
    proxy = urlsplit(getproxies().get("https", ""))
    certificates = (
        [f"-Djavax.net.ssl.trustStore={trust}", "-Djavax.net.ssl.trustStoreType=JKS"] if trust.stat().st_size > len(trust_store([])) else []
    )
    return certificates + ([f"-Dhttps.proxyHost={proxy.hostname}", f"-Dhttps.proxyPort={proxy.port or 443}"] if proxy.hostname else [])


def trust_store(certificates: Sequence[bytes]) -> bytes:
    """DER certificates as a Java key store (format JKS 2, password "changeit"), so that Java trusts whom Python trusts."""
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    for number, certificate in enumerate(certificates):
        alias = str(number).encode()
        body += struct.pack(f">IH{len(alias)}sQH5sI", 2, len(alias), alias, 0, 5, b"X.509", len(certificate)) + certificate
    return body + hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()


def trust() -> None:
    """After a change of jars.xml: retrieves anew and writes jars.sha256 from what came. A person compares the difference before committing it."""
    draft = FOLDER.with_suffix(".draft")
    retrieve(draft)
    jars = sorted(path.relative_to(draft).as_posix() for use in ("spark", "kafka") for path in (draft / use).glob("*.jar"))
    SUMS.write_text("".join(f"{sha256(draft / jar)}  {jar}\n" for jar in jars))
    shutil.rmtree(draft)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the lock ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    if sys.argv[1:] == ["trust"]:
        trust()
    else:
        for use in ("spark", "kafka"):
            class_path(use)
