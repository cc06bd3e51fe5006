#!/usr/bin/env python3
"""Makes `attributes.tsv` anew from the registry of a release of the OpenTelemetry Semantic Conventions.

    refresh.py VERSION [CHECKOUT]

VERSION is that of a release, `1.44.0`. Without CHECKOUT, a folder with that release's `model/` in it, the release's source
archive is downloaded from GitHub. Needs Python 3.9 and PyYAML, and nothing else.
"""

import io
import re
import sys
import tarfile
import urllib.request
from pathlib import Path

import yaml

ARCHIVE = "https://github.com/open-telemetry/semantic-conventions/archive/refs/tags/v{}.tar.gz"
# A key in backticks, in prose.
KEY = re.compile(r"`([a-z][a-z0-9_]*(?:\.[a-z0-9_<>-]+)+)`")


def documents(version, checkout):
    """The registry's files, parsed, in the order of their names."""
    if checkout:
        files = [path.read_bytes() for path in sorted(Path(checkout, "model").rglob("*.yaml"))]
    else:
        with urllib.request.urlopen(ARCHIVE.format(version), timeout=60) as answer:
            archive = tarfile.open(fileobj=io.BytesIO(answer.read()), mode="r:gz")
        members = sorted((member for member in archive if member.isfile()), key=lambda member: member.name)
        in_model = re.compile(r"[^/]+/model/.+\.yaml")
        files = [archive.extractfile(member).read() for member in members if in_model.fullmatch(member.name)]
    if not files:
        sys.exit(f"no model/**/*.yaml in {checkout or ARCHIVE.format(version)}")
    return [yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {} for file in files]


def attributes(documents):
    """The attributes by their keys. Version 1 of the files' format has them in groups, version 2 at the top level."""
    found = {}
    for document in documents:
        for group in document.get("groups", []):
            for attribute in group.get("attributes") or []:
                if "id" in attribute:
                    found[attribute["id"]] = attribute
        for attribute in document.get("attributes") or []:
            if "key" in attribute:
                found[attribute["key"]] = attribute
    return found


def value_type(attribute):
    """The type; of an enumeration that of its members, since others may be added to those."""
    declared = attribute["type"]
    if isinstance(declared, str):
        return declared
    values = [member["value"] for member in declared["members"]]
    return "int" if all(isinstance(value, int) for value in values) else "string"


def deprecation(attribute, known):
    """The kind of a deprecation, and the keys to use instead.

    `renamed` and `replaced` name successors; `removed` has none; `moved` is a key that another registry of OpenTelemetry's
    goes on with, under the same name.
    """
    deprecated = attribute.get("deprecated")
    if not deprecated:
        return "", []
    if deprecated["reason"] == "renamed":
        return "renamed", [deprecated["renamed_to"]]
    brief = attribute.get("brief") or ""
    if not brief.startswith(("Deprecated", "Removed")) and "Moved to the" in (deprecated.get("note") or ""):
        return "moved", []
    if not brief.startswith("Deprecated") or re.search(r"\bno (general )?replacement", brief):
        return "removed", []
    successors = [key for key in KEY.findall(brief) if is_known(key, known)]
    return ("replaced", successors) if successors else ("removed", [])


def is_known(key, known):
    """Whether the registry has a key, or the template that it is made of."""
    if key in known:
        return True
    return any(value_type(known[key[:dot.start()]]).startswith("template[")
               for dot in re.finditer(r"\.", key) if key[:dot.start()] in known)


def table(version, known):
    """The table's text: a line that states the version, then one for each key, sorted by its bytes."""
    lines = [f"#{version}\ttype\tdeprecation\tsuccessors"]
    for key in sorted(known, key=str.encode):
        kind, successors = deprecation(known[key], known)
        lines.append("\t".join([key, value_type(known[key]), kind, " ".join(successors)]))
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) not in (2, 3) or not re.fullmatch(r"\d+\.\d+\.\d+", sys.argv[1]):
        sys.exit(__doc__)
    version, checkout = sys.argv[1], (sys.argv[2:] or [None])[0]
    known = attributes(documents(version, checkout))
    # Written only when all of it could be made.
    text = table(version, known)
    Path(__file__).with_name("attributes.tsv").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(known)} attributes of {version}")


if __name__ == "__main__":
    main()
