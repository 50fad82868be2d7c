"""What DuckDB reads Delta tables with: extensions out of packages, nothing that it would fetch itself; and who it is to an object store."""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from fleetlake.console import Failure

REMEDIES = {"delta": "install fleetlake again: it pins both to one version"}
OF_A_STORE = "pip install 'fleetlake[s3]'; fleetlake.scan reads an object store without"


def load(connection: duckdb.DuckDBPyConnection, lake: str) -> None:
    """Makes DuckDB one that reads this lake's tables. Raises Failure where an extension is missing."""
    for name in ("delta", "httpfs", "aws") if "://" in lake else ("delta",):
        connection.execute(f"load '{escaped(str(_path(name)))}'")
    if "://" in lake:
        connection.execute(secret(os.environ.get("AWS_ENDPOINT_URL", ""), os.environ.get("AWS_REGION", "")))


def secret(endpoint: str, region: str) -> str:
    """SQL that gives DuckDB the keys that others find in AWS_* variables, a pod's identity or a machine's role; `endpoint` of a store that is not AWS."""
    words = ["type s3", "provider credential_chain"]
    if region:
        words.append(f"region '{escaped(region)}'")
    if endpoint:
        place = urlsplit(endpoint)
        words += [f"endpoint '{escaped(place.netloc)}'", f"use_ssl {str(place.scheme == 'https').lower()}", "url_style path"]
    return f"create or replace secret ({', '.join(words)})"


def escaped(text: str) -> str:
    """As it stands between single quotes."""
    return text.replace("'", "''")


def _path(name: str) -> Path:
    spec = find_spec(f"duckdb_extension_{name}")
    homes = [Path(home) for home in (spec and spec.submodule_search_locations) or ()]
    found = [path for home in homes for path in home.glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension")]
    if not found:
        raise Failure(f"DuckDB {duckdb.__version__} has no {name} extension beside it", REMEDIES.get(name, OF_A_STORE))
    return found[0]
