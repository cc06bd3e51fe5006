"""An S3-compatible server for the tests: moto, which checks signatures here as S3 does.

    python server.py serve PORT KEY SECRET BUCKET    says `ready`, and ends when its standard input does
    python server.py fetch PORT KEY SECRET BUCKET FOLDER    gets all objects, by AWS's own client

What it holds is in memory.
"""

import logging
import os
import sys
from pathlib import Path

# Keys are checked from the first request on.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def serve(port, key, secret, bucket):
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.iam.models import iam_backends
    from moto.s3.models import s3_backends
    from moto.server import ThreadedMotoServer

    # Not each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-east-1", "recorder")
    iam.put_user_policy("recorder", "everything", EVERYTHING)
    access = iam.create_access_key("recorder")
    access.access_key_id, access.secret_access_key = key, secret
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(bucket, "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop()


def fetch(port, key, secret, bucket, folder):
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            to = Path(folder, found["Key"])
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(client.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())


command, port, *rest = sys.argv[1:]
{"serve": serve, "fetch": fetch}[command](int(port), *rest)
