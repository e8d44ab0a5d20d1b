"""Writes a zip archive to its output, of what the JSON at its input says:

{"files": {NAME: TEXT}, "bytes": {NAME: BASE64}, "links": {NAME: TARGET}, "method": "deflated", "line": "#!…\\n", "glued": false}

A line before the archive counts in its places, as python3 -m zipapp has it, unless it is glued to it as cat does.
"""

import base64
import io
import json
import stat
import sys
import zipfile

METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED, "lzma": zipfile.ZIP_LZMA}


def main():
    told = json.load(sys.stdin)
    packed = io.BytesIO()
    line = told.get("line", "").encode()
    if not told.get("glued"):
        packed.write(line)
    with zipfile.ZipFile(packed, "a", METHODS[told.get("method", "deflated")]) as archive:
        for name, text in told.get("files", {}).items():
            archive.writestr(name, text)
        for name, content in told.get("bytes", {}).items():
            archive.writestr(name, base64.b64decode(content))
        for name, target in told.get("links", {}).items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    sys.stdout.buffer.write((line if told.get("glued") else b"") + packed.getvalue())


main()
