"""What Python in weft is compared with: eryx, a Python in WebAssembly that makes an instance for each execution.

Answers each line of standard input, {"source", "payload", "calls"}, with {"cpu_us", "wall_us", "output"}: the source's handler is
called so many times with the payload, by an instance of its own each; times are of the whole process.
"""

import json
import sys
import time

import eryx

CALL = """
import json
print(json.dumps(handler(json.loads({payload!r}), None)))
"""

sandbox = eryx.Sandbox()
for line in sys.stdin:
    asked = json.loads(line)
    code = asked["source"] + CALL.format(payload=asked["payload"])
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(asked["calls"]):
        result = sandbox.execute(code)
    took = {"cpu_us": (time.process_time() - cpu) * 1e6, "wall_us": (time.perf_counter() - wall) * 1e6}
    output = result.stdout.decode() if isinstance(result.stdout, bytes) else result.stdout
    print(json.dumps(took | {"output": output}), flush=True)
