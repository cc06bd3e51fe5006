"""Checks Grafana dashboards, and asks a Prometheus all that their panels ask.

    check_dashboards.py PROMETHEUS FOLDER [--pictures FOLDER] [--schemas FOLDER]

Each dashboard is read by grafana-foundation-sdk, which must give back what it read: a field that Grafana does not know is
lost there. Each query of each panel and each variable must have an answer, with a number that is one. With `--schemas`
(the folder `jsonschema` of github.com/grafana/grafana-foundation-sdk) they are validated against Grafana's schemas too, and
with `--pictures` each dashboard is drawn, by `draw_dashboards.py`. What is wrong is written to the standard error, a line each.
"""

import argparse
import json
import math
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# What the form that is imported has besides the dashboard.
OF_IMPORT = {"__inputs", "__requires", "__elements"}
WINDOW = "15s"
SHOWN_SECONDS = 90

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


class Prometheus:
    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def over_time(self, expr):
        now = time.time()
        return self.get("query_range", query=expr, start=now - SHOWN_SECONDS, end=now, step=2)


def panels(dashboard):
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def with_variables(text, dashboard):
    """The text as Grafana sends it, with everything chosen."""
    for variable in dashboard["templating"]["list"]:
        chosen = variable.get("allValue", ".+")
        if variable["type"] == "custom":
            values = [option["value"] for option in variable["options"] if option["value"] != "$__all"]
            listed = [value.replace("\\,", ",") for value in re.split(r"(?<!\\),", variable["query"])]
            if values != listed:
                problem(dashboard["title"], f"the variable {variable['name']} lists {listed} and has {values}")
        text = re.sub(r"\$" + variable["name"] + r"\b", chosen.replace("\\", r"\\"), text)
    text = text.replace("$__rate_interval", WINDOW)
    if "$" in re.sub(r'\$(?=["|)])', "", text):
        problem(dashboard["title"], f"an unknown variable in {text}")
    return text


def check_model(name, dashboard):
    """By Grafana's own model: what it does not know it does not give back."""
    own = {key: value for key, value in dashboard.items() if key not in OF_IMPORT}
    given_back = json.loads(json.dumps(Dashboard.from_json(own), cls=JSONEncoder))
    lost(name, own, given_back)
    (source,) = dashboard["__inputs"]
    if source["type"] != "datasource" or source["pluginId"] != "prometheus":
        problem(name, f"asks for {source}")
    used = set(re.findall(r'"uid": "\$\{(\w+)\}"', json.dumps(dashboard)))
    if used != {source["name"]}:
        problem(name, f"has the data sources {used}, and asks for {source['name']}")
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        problem(name, "two panels have one id")
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for index, one in enumerate(places):
        if one["x"] + one["w"] > 24:
            problem(name, f"{one} is out of the grid")
        for other in places[:index]:
            apart = (
                one["x"] + one["w"] <= other["x"]
                or other["x"] + other["w"] <= one["x"]
                or one["y"] + one["h"] <= other["y"]
                or other["y"] + other["h"] <= one["y"]
            )
            if not apart:
                problem(name, f"{one} and {other} overlap")


def lost(where, had, given_back):
    if isinstance(had, dict):
        for key, value in had.items():
            if isinstance(given_back, dict) and key in given_back:
                lost(f"{where}.{key}", value, given_back[key])
            elif value not in (None, {}, []):
                problem(where, f"Grafana does not know {key}")
    elif isinstance(had, list):
        if not isinstance(given_back, list) or len(had) != len(given_back):
            problem(where, f"{had} became {given_back}")
            return
        for index, (value, other) in enumerate(zip(had, given_back)):
            lost(f"{where}[{index}]", value, other)
    elif had != given_back:
        problem(where, f"{had} became {given_back}")


def check_schemas(name, dashboard, folder):
    import jsonschema

    def valid(what, value, schema):
        for error in jsonschema.Draft7Validator(schema).iter_errors(value):
            problem(f"{name}: {what}", f"{error.json_path}: {error.message}")

    def schema(of):
        return json.loads((folder / f"{of}.jsonschema.json").read_text())

    def part(of, definition):
        return {**schema(of), "$ref": f"#/definitions/{definition}"}

    valid("dashboard", {k: v for k, v in dashboard.items() if k not in OF_IMPORT}, schema("dashboard"))
    for panel in panels(dashboard):
        valid(panel["title"], panel, part("dashboard", "Panel"))
        valid(panel["title"], panel["options"], part(panel["type"], "Options"))
        if panel["type"] == "timeseries":
            custom = panel["fieldConfig"]["defaults"]["custom"]
            valid(panel["title"], custom, part("timeseries", "GraphFieldConfig"))
        for target in panel["targets"]:
            valid(panel["title"], target, part("prometheus", "Dataquery"))


def check_variables(name, dashboard, prometheus):
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]).groups()
        answer = prometheus.get(f"label/{label}/values", **{"match[]": with_variables(series, dashboard)})
        if not answer.get("data"):
            problem(name, f"the variable {label} has no values: {answer}")


def check_queries(name, dashboard, prometheus):
    """Asks everything; the answers by panel."""
    answers = []
    for panel in panels(dashboard):
        series = []
        for target in panel["targets"]:
            expr = with_variables(target["expr"], dashboard)
            where = f"{name}: {panel['title']}: {expr}"
            answer = prometheus.over_time(expr)
            if answer["status"] != "success":
                problem(where, answer["error"])
                continue
            found = [(legend(target, one["metric"]), points(one)) for one in answer["data"]["result"]]
            found = [(what, all_points) for what, all_points in found if all_points]
            if not found:
                problem(where, "no answer")
            series += found
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                if label != "le" and not any(label in one["metric"] for one in answer["data"]["result"]):
                    problem(where, f"the legend names {label}, and no series has it")
        answers.append((panel, series))
    return answers


def points(series):
    values = [(when, float(value)) for when, value in series.get("values", [])]
    # Of a native histogram's buckets, how many there are in all.
    values += [(when, float(value["count"])) for when, value in series.get("histograms", [])]
    return [(when, value) for when, value in values if math.isfinite(value)]


def legend(target, labels):
    text = target["legendFormat"]
    if text == "__auto":
        return ", ".join(f"{key}={value}" for key, value in labels.items() if key != "__name__")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prometheus")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--schemas", type=pathlib.Path)
    arguments = parser.parse_args()
    register_default_plugins()
    prometheus = Prometheus(arguments.prometheus)
    if arguments.pictures:
        from draw_dashboards import draw
    uids, asked = [], 0
    for file in sorted(arguments.folder.glob("*.json")):
        dashboard = json.loads(file.read_text())
        uids.append(dashboard["uid"])
        check_model(file.name, dashboard)
        if arguments.schemas:
            check_schemas(file.name, dashboard, arguments.schemas)
        check_variables(file.name, dashboard, prometheus)
        answers = check_queries(file.name, dashboard, prometheus)
        asked += sum(len(panel["targets"]) for panel, _ in answers)
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            draw(dashboard, answers, arguments.pictures / f"{file.stem}.png")
    if len(uids) != len(set(uids)):
        problem(arguments.folder, "two dashboards have one id")
    print(json.dumps({"dashboards": len(uids), "queries": asked}))
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
