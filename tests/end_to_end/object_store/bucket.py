"""An S3 of the test run's own: moto's, in a process of its own, since delta-rs waits for answers with Python's lock held."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from fleetlake.services.ports import HOST, free_port, is_open

NAME, REGION = "fleet", "eu-central-1"
START_S = 60


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """A server with an empty bucket; what the environment of its users has."""
    port = free_port()
    told = {
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [Path(sys.executable).with_name("moto_server"), "-H", HOST, "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        _wait_for(port)
        keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests", "region_name": REGION}
        made = boto3.client("s3", endpoint_url=told["AWS_ENDPOINT_URL"], **keys)
        made.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield told
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_S
    while not is_open(port):
        assert time.monotonic() < deadline, "moto does not answer"
        time.sleep(0.1)
