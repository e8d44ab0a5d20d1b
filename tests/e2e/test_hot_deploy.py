"""A function is replaced while it is called: no call fails, and each is answered by a version that was deployed."""

import pytest
from load import call, load_of

DEPLOYMENTS = 50
ROLLBACK_EVERY = 6  # not after the last
# Between two changes, so that each version meets the load.
CALLS_BETWEEN = 200

# Each answers with `N`, and with something else when it sees what an earlier call did.
KINDS = {
    "stateless": '(module (func (export "f") (result i32) (i32.const N)))',
    "pristine": """(module (memory (export "memory") 1) (data (i32.const 500) "begin") (global $g (mut i32) (i32.const N))
        (func (export "f") (result i32)
          (if (i32.ne (i32.load8_u (i32.const 500)) (i32.const 98)) (then (return (i32.const -1))))
          (memory.fill (i32.const 0) (i32.const 7) (i32.const 60000))
          (global.get $g) (global.set $g (i32.const -2))))""",
    "fresh": """(module (table 1 funcref)
        (func $f (export "f") (result i32)
          (if (i32.eqz (ref.is_null (table.get (i32.const 0)))) (then (return (i32.const -3))))
          (table.set (i32.const 0) (ref.func $f)) (i32.const N)))""",
}


def answer_of(number):
    return f'200 {{"results":[{number}]}}'


@pytest.mark.parametrize("kinds", [("stateless", "pristine"), ("pristine", "pristine"), ("fresh", "pristine")], ids="-".join)
def test_no_call_fails_while_versions_replace_each_other(own_server, kinds):
    server = own_server
    modules = [KINDS[kind].replace("N", str(100 + number)) for number, kind in enumerate(kinds)]
    server.deploy("hot", modules[1])

    def expect(number):
        """Whoever asks after a change is answered by the new version."""
        assert server.invoke("hot").json() == {"results": [100 + number]}

    with load_of(server, [call("hot")]) as load:
        for deployment in range(DEPLOYMENTS):
            load.wait_for(CALLS_BETWEEN)
            version = server.deploy("hot", modules[deployment % 2])["version"]
            expect(deployment % 2)
            if deployment % ROLLBACK_EVERY == 0:
                load.wait_for(CALLS_BETWEEN)
                back = server.request("POST", "/v1/functions/hot/rollback", {"version": version - 1})
                assert (back.status, back.json()["version"]) == (200, version - 1)
                expect(1 - deployment % 2)
        load.wait_for(CALLS_BETWEEN)
        answers, failed = load.stop()
    assert failed == 0
    assert set(answers) == {answer_of(100), answer_of(101)}, answers
    assert answers.total() > DEPLOYMENTS * CALLS_BETWEEN

    with load_of(server, [call("hot")]) as load:
        load.wait_for(5 * CALLS_BETWEEN)
        answers, failed = load.stop()
    assert failed == 0
    assert set(answers) == {answer_of(100 + (DEPLOYMENTS - 1) % 2)}, answers
