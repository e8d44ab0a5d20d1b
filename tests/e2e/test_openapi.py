"""The live server keeps what its OpenAPI document promises: schemathesis sends what fits and what does not."""

import http.client
import subprocess
import sys


def test_the_server_conforms_to_its_openapi_document(own_server, tmp_path):
    own_server.deploy("add", '(module (func (export "add") (param i32 i32) (result i32) '
                             "(i32.add (local.get 0) (local.get 1))))")
    # The first Python file has its interpreter compiled, which takes longer than requests may here.
    connection = http.client.HTTPConnection("127.0.0.1", own_server.port, timeout=900)
    for path, body in (("functions/greet", '{"source": "lambda: 1", "language": "python"}'), ("reactors/greet", "{}")):
        connection.request("PUT", f"/v1/{path}", body)
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()
    connection.close()
    assert own_server.request("DELETE", "/v1/functions/greet").status == 204
    url = f"http://127.0.0.1:{own_server.port}"
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/v1/openapi.json", "--url", url,
               "--checks", "all",
               # A schema cannot say which modules are valid, which exports a function has or which cursors exist.
               "--exclude-checks", "positive_data_acceptance",
               # It waits as long as it is asked to.
               "--exclude-operation-id", "pollReactorResults",
               "--max-examples", "15", "--seed", "1", "--phases", "examples,coverage,fuzzing",
               "--request-timeout", "60", "--no-color"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    own_server.assert_serves()
