"""service_models.py WHEEL OUT: from botocore's models of AWS's services, what their operations answer.

OUT has a line for each service, sorted: its name in Step Functions ("lambda", "cloudwatchlogs"), a space and a JSON object:
`operations` names the shape of what each answers, `shapes` has those that are no plain type. A shape is "string", "integer",
"number", "boolean" or "any", or an index of `shapes`: {"members": {…}, "required": […]}, {"item": shape}, {"value": shape},
{"enum": […]}, or {"type": …, "min": …, "max": …}.
"""

import gzip
import json
import re
import sys
import zipfile

PLAIN = {
    "string": "string",
    "timestamp": "string",
    "blob": "string",
    "character": "string",
    "integer": "integer",
    "long": "integer",
    "short": "integer",
    "byte": "integer",
    "bigInteger": "integer",
    "float": "number",
    "double": "number",
    "bigDecimal": "number",
    "boolean": "boolean",
}


def newest_models(wheel):
    """Service to the newest of its models."""
    found = {}
    for name in wheel.namelist():
        match = re.fullmatch(r"botocore/data/([^/]+)/([^/]+)/service-2\.json(\.gz)?", name)
        if match:
            found[match[1]] = max(found.get(match[1], ("", "")), (match[2], name))
    for _, name in found.values():
        data = wheel.read(name)
        yield json.loads(gzip.decompress(data) if name.endswith(".gz") else data)


def service_name(model):
    """As the SDK for Java has it, from which Step Functions takes its names."""
    identifier = re.sub(r"[^a-z0-9 ]", "", model["metadata"]["serviceId"].lower())
    return re.sub(r" service$", "", identifier).replace(" ", "")


def member_name(name):
    """Words that begin with a capital letter: "DBInstanceARN" is "DbInstanceArn"."""
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+", name)
    return "".join(word[0].upper() + word[1:].lower() for word in words)


class Shapes:
    """The shapes of one model that something answers."""

    def __init__(self, model):
        self._model = model["shapes"]
        self._known = {}
        self.list = []

    def convert(self, name):
        if name not in self._known:
            shape = self._model[name]
            plain = PLAIN.get(shape["type"])
            if shape.get("document"):
                self._known[name] = "any"
            elif plain and not any(limit in shape for limit in ("enum", "min", "max")):
                self._known[name] = plain
            elif plain == "string" and "enum" not in shape:
                # How long it is, is not compared.
                self._known[name] = plain
            else:
                # Shapes may have themselves as a part.
                self._known[name] = len(self.list)
                self.list.append(None)
                self.list[self._known[name]] = self._parts(shape, plain)
        return self._known[name]

    def _parts(self, shape, plain):
        if shape["type"] == "structure":
            parts = {"members": {member_name(key): self.convert(member["shape"]) for key, member in shape["members"].items()}}
            if shape.get("required"):
                parts["required"] = [member_name(key) for key in shape["required"]]
            return parts
        if shape["type"] == "list":
            return {"item": self.convert(shape["member"]["shape"])}
        if shape["type"] == "map":
            return {"value": self.convert(shape["value"]["shape"])}
        if "enum" in shape:
            return {"enum": shape["enum"]}
        return {"type": plain} | {limit: shape[limit] for limit in ("min", "max") if limit in shape}


def describe(model):
    shapes = Shapes(model)
    operations = {
        name[0].lower() + name[1:]: shapes.convert(operation["output"]["shape"])
        for name, operation in model["operations"].items()
        if "output" in operation
    }
    return {"operations": operations, "shapes": shapes.list}


def main(wheel, out):
    services = {}
    with zipfile.ZipFile(wheel) as archive:
        for model in newest_models(archive):
            name, described = service_name(model), describe(model)
            # Some models are there twice, under an older name of the service.
            if services.setdefault(name, described) != described:
                sys.exit(f"Two services have the name {name} in Step Functions: service_name() has to tell them apart.")
    with open(out, "w", encoding="utf-8") as file:
        for name in sorted(services):
            file.write(f"{name} {json.dumps(services[name], separators=(',', ':'))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
