"""Reads expositions from standard input, a JSON array of texts, with prometheus_client, strictly.

Writes an array with the families of each. The argument is `openmetrics` or `text`.
"""

import json
import sys

if sys.argv[1] == "openmetrics":
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
else:
    from prometheus_client.parser import text_string_to_metric_families


def exemplar(sample):
    its = sample.exemplar
    if its is None:
        return None
    return {"labels": its.labels, "value": str(its.value), "time": None if its.timestamp is None else str(its.timestamp)}


def read(text):
    families = {}
    for family in text_string_to_metric_families(text):
        assert family.name not in families, f"{family.name} stands twice"
        families[family.name] = {
            "type": family.type,
            "help": family.documentation,
            "unit": family.unit,
            "samples": [
                {
                    "name": sample.name,
                    "labels": sample.labels,
                    "value": str(sample.value),
                    "exemplar": exemplar(sample),
                }
                for sample in family.samples
            ],
        }
    return families


def read_or_say(text):
    try:
        return read(text)
    except Exception:
        sys.stderr.write(text)
        raise


json.dump([read_or_say(text) for text in json.load(sys.stdin)], sys.stdout)
