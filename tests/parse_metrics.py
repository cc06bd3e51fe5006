"""Reads an exposition from standard input with prometheus_client, strictly, and writes its families as JSON.

The argument is `openmetrics` or `text`.
"""

import json
import sys

if sys.argv[1] == "openmetrics":
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
else:
    from prometheus_client.parser import text_string_to_metric_families

families = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.name not in families, f"{family.name} stands twice"
    families[family.name] = {
        "type": family.type,
        "help": family.documentation,
        "unit": family.unit,
        "samples": [
            {"name": sample.name, "labels": sample.labels, "value": str(sample.value)} for sample in family.samples
        ],
    }
json.dump(families, sys.stdout)
