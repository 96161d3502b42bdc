"""Validates YAML documents with a JSON Schema of draft 2020-12.

Reads one JSON object from standard input: the schema's text and the documents by name. Prints one JSON object: what is
wrong with the schema, if anything, and for each document what the schema refuses.
"""

import json
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: `off` and `yes` are text, and dates are."""

    yaml_implicit_resolvers = {}


CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:~|null|)$"), ["~", "n", ""])
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?[0-9]+$"), list("-+0123456789"))

question = json.load(sys.stdin)
schema = json.loads(question["schema"])
answer = {"schemaError": None, "refusals": {}}
try:
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, text in question["documents"].items():
        errors = validator.iter_errors(yaml.load(text, CoreLoader))
        answer["refusals"][name] = [f"{error.json_path}: {error.message}" for error in errors]
except jsonschema.SchemaError as error:
    answer["schemaError"] = str(error)
print(json.dumps(answer))
