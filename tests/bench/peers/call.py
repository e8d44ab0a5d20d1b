"""A call in a process of its own: python3 -S call.py FILE < PAYLOAD prints what the file's handler makes of it."""

import json
import sys

namespace = {"__name__": "handler"}
with open(sys.argv[1]) as file:
    exec(compile(file.read(), sys.argv[1], "exec"), namespace)
print(json.dumps(namespace["handler"](json.loads(sys.stdin.read()), None)))
