"""What is in deploy/ is well formed, and starts commands and sets settings that there are."""

import configparser
import importlib
import re
import shlex
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from fleetlake.cli import MODULES
from fleetlake.services.airflow import DAGS, FIXED, POOLS
from fleetlake.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
CHART = yaml.safe_load((DEPLOY / "airflow" / "values.yaml").read_text())
OTHERS = {"SPARK_REMOTE"}
STREAMS = {"land", "refine"}


def documents() -> list[dict[str, Any]]:
    return [document for path in MANIFESTS for document in yaml.safe_load_all(path.read_text())]


def containers() -> list[dict[str, Any]]:
    found = [
        each for document in documents() if document["kind"] == "Deployment" for each in document["spec"]["template"]["spec"]["containers"]
    ]
    assert len(found) == 3
    return found


def package(name: str) -> Path:
    """Where an installed package is; it is not imported."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


def unit(path: Path) -> configparser.ConfigParser:
    told = configparser.ConfigParser(interpolation=None, strict=True)
    told.optionxform = str  # type: ignore[assignment, method-assign]
    told.read(path)
    return told


def is_command(words: list[str]) -> bool:
    """`fleet land --every 30s`, with options that the command has."""
    commands = {
        name: function for module in MODULES for name, function in importlib.import_module(f"fleetlake.commands.{module}").COMMANDS.items()
    }
    options = {word for word in words[2:] if word.startswith("--")}
    known = {f"--{name}" for name in commands[words[1]].__annotations__} if words[1] in commands else set()
    return Path(words[0]).name == "fleet" and options <= known


def settings() -> set[str]:
    return {f"FLEET_{name.upper()}" for name in Settings.model_fields} | OTHERS


def test_every_manifest_keeps_its_schema():
    assert len(documents()) >= 6
    for document in documents():
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_the_kustomization_names_every_manifest():
    told = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    assert set(told["resources"]) == {path.name for path in MANIFESTS}


def test_containers_and_units_start_commands_that_there_are():
    starts = [each["command"] for each in containers()] + [shlex.split(unit(path)["Service"]["ExecStart"]) for path in UNITS]
    assert len(starts) == 6
    assert [start for start in starts if not is_command(start)] == []
    assert {start[1] for start in starts} == STREAMS | {"connect"}


def test_settings_that_are_set_are_settings():
    [config] = [document["data"] for document in documents() if document["kind"] == "ConfigMap"]
    lines = re.findall(r"^(\w+)=", (DEPLOY / "systemd" / "fleetlake.env").read_text(), re.MULTILINE)
    assert lines
    assert {*config, *lines} <= settings()


def test_there_is_never_more_than_one_of_a_stream_and_it_has_time_to_end():
    streams = [
        document["spec"]
        for document in documents()
        if document["kind"] == "Deployment" and document["metadata"]["name"] != "fleetlake-connect"
    ]
    assert len(streams) == len(STREAMS)
    for spec in streams:
        assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
        assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 300
    for path in UNITS:
        assert int(unit(path)["Service"]["TimeoutStopSec"]) >= (300 if path.stem.removeprefix("fleetlake-") in STREAMS else 60)


def test_who_may_run_code_is_limited_to_our_pods():
    [policy] = [document["spec"] for document in documents() if document["kind"] == "NetworkPolicy"]
    [rule] = policy["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "fleetlake"}}}]


def test_the_chart_is_given_options_that_airflow_has_as_fleet_up_gives_them():
    known = yaml.safe_load((package("airflow") / "config_templates" / "config.yml").read_text())
    given = {
        f"AIRFLOW__{section}__{name}".upper(): value for section, options in CHART["config"].items() for name, value in options.items()
    }
    options = {f"AIRFLOW__{section}__{name}".upper() for section, told in known.items() for name in told["options"]}
    assert {*given, *FIXED} <= options
    both = given.keys() & FIXED.keys()
    assert len(both) >= 5
    assert {name: given[name] for name in both} == {name: FIXED[name] for name in both}
    assert CHART["airflowVersion"] == version("apache-airflow")
    assert Path(CHART["config"]["core"]["dags_folder"]).name == DAGS.name


def test_what_the_chart_puts_into_pods_keeps_its_schema_and_names_what_is_there():
    scheduler, [pools] = CHART["scheduler"], CHART["scheduler"]["extraInitContainers"]
    own = {"envFrom": yaml.safe_load(CHART["extraEnvFrom"]), "volumeMounts": CHART["volumeMounts"], "resources": scheduler["resources"]}
    container = {"name": "scheduler", "image": "any", **own}
    pod = {"containers": [container], "initContainers": [pools], "volumes": CHART["volumes"]}
    labels = {"name": "airflow", "labels": CHART["labels"]}
    kubernetes_validate.validate(
        {"apiVersion": "v1", "kind": "Pod", "metadata": labels, "spec": pod}, kubernetes_validate.latest_version(), strict=True
    )
    assert own["envFrom"] == containers()[0]["envFrom"]
    assert CHART["labels"].items() <= documents()[0]["metadata"]["labels"].items(), "the policy of connect lets nobody else in"
    assert pools["image"] == f"{CHART['defaultAirflowRepository']}:{CHART['defaultAirflowTag']}"
    assert POOLS.name == Path(pools["command"][-1]).name
    assert all(each["valueFrom"]["secretKeyRef"]["name"] == CHART["data"]["metadataSecretName"] for each in pools["env"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units(tmp_path):
    for path in UNITS:
        text = re.sub("(?m)^(ExecStart=)\\S+", r"\1/bin/true", path.read_text())
        (tmp_path / path.name).write_text(
            re.sub("(?m)^RestartSteps=.*\n|^RestartMaxDelaySec=.*\n", "", text)
        )  # systemd 252 does not know them yet
    ended = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / path.name) for path in UNITS)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
