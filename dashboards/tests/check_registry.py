"""Checks registries for OpenTelemetry Weaver.

    check_registry.py FOLDER... [--schemas FOLDER]

Reads the YAML by a parser of others, and holds it to what Weaver's documentation asks of groups: unique ids, one definition of
each attribute, no reference to what is not defined, examples of the attribute's type. With `--schemas` (the folder `schemas` of
github.com/open-telemetry/weaver) it is validated against Weaver's schema too. What is wrong is written to the standard error.
"""

import argparse
import json
import pathlib
import sys

import yaml

OF_TYPE = {"string": str, "int": int, "double": float, "boolean": bool}
STABILITIES = {"development", "alpha", "beta", "release_candidate", "stable"}
FIELDS = {
    "attribute_group": {"id", "type", "brief", "stability", "attributes"},
    "metric": {"id", "type", "brief", "stability", "attributes", "metric_name", "instrument", "unit"},
    "span": {"id", "type", "brief", "note", "stability", "attributes", "span_kind"},
}
OPTIONAL = {"metric": {"attributes"}}

problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def check_attribute(attribute):
    name = attribute["id"]
    check(attribute.get("brief"), f"{name} has no brief")
    check(attribute["stability"] in STABILITIES, f"{name} is {attribute['stability']}")
    if isinstance(attribute["type"], dict):
        members = attribute["type"]["members"]
        ids = [member["id"] for member in members]
        check(members and len(ids) == len(set(ids)), f"{name} has the members {ids}")
        check(all(isinstance(member["value"], str) for member in members), f"{name} has values that are no texts")
        return
    expected = OF_TYPE.get(attribute["type"].removesuffix("[]"))
    check(expected, f"{name} has the type {attribute['type']}")
    for example in attribute.get("examples", []):
        check(type(example) is expected, f"{name} has the example {example!r}")


def check_group(group, defined):
    kind = group["type"]
    allowed = FIELDS[kind]
    check(allowed - OPTIONAL.get(kind, set()) <= set(group) <= allowed, f"{group['id']} has {sorted(group)}")
    check(group["stability"] in STABILITIES and group["brief"], f"{group['id']} says too little")
    references = [attribute["ref"] for attribute in group.get("attributes", []) if "ref" in attribute]
    check(len(references) == len(set(references)), f"{group['id']} refers twice to one of {references}")
    check(set(references) <= defined, f"{group['id']} refers to {set(references) - defined}")
    if kind == "metric":
        check(group["instrument"] in {"counter", "gauge", "histogram", "updowncounter"}, group["instrument"])
    if kind == "span":
        kinds = {"client", "server", "producer", "consumer", "internal"}
        check(group["span_kind"] in kinds and references, f"{group['id']} is no span")


def check_registry(folder, schemas):
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text())
    address, _, version = manifest["schema_url"].rpartition("/")
    check(address.startswith("https://") and version, f"the address of the schema is {manifest['schema_url']}")
    (file,) = [file for file in folder.glob("*.yaml") if file.name != "manifest.yaml"]
    registry = yaml.safe_load(file.read_text())
    if schemas:
        import jsonschema

        schema = json.loads((schemas / "semconv.schema.json").read_text())
        for error in jsonschema.Draft202012Validator(schema).iter_errors(registry):
            problems.append(f"{error.json_path}: {error.message}")
    groups = registry["groups"]
    ids = [group["id"] for group in groups]
    check(len(ids) == len(set(ids)), "two groups have one id")
    definitions = [one for group in groups for one in group.get("attributes", []) if "id" in one]
    names = [attribute["id"] for attribute in definitions]
    check(len(names) == len(set(names)), "two attributes have one id")
    for attribute in definitions:
        check_attribute(attribute)
    for group in groups:
        check_group(group, set(names))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--schemas", type=pathlib.Path)
    arguments = parser.parse_args()
    for folder in arguments.folders:
        before = len(problems)
        check_registry(folder, arguments.schemas)
        problems[before:] = [f"{folder}: {problem}" for problem in problems[before:]]
    if problems:
        sys.exit("\n".join(problems))


main()
