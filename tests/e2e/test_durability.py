"""What was acknowledged is there after kill -9, however often that happens."""

import random
import threading

ROUNDS = 100


def module_number(number):
    return f'(module (func (export "n") (result i32) (i32.const {number})))'


def deploy_until_killed(server, round_number, acknowledged, first_done):
    """Uploads and deploys one function after another; notes each that the server acknowledged."""
    number = round_number * 1000
    try:
        while True:
            number += 1
            name = f"f-{number}"
            server.deploy(name, module_number(number))
            acknowledged[name] = number
            first_done.set()
    except (OSError, AssertionError):  # The server is gone.
        first_done.set()
    except Exception:  # http.client's own errors for a connection that ends in the middle.
        first_done.set()


def test_acknowledged_deployments_survive_kill_9(own_server):
    server = own_server
    chance = random.Random(20261121)
    acknowledged = {}
    for round_number in range(1, ROUNDS + 1):
        first_done = threading.Event()
        threads = [
            threading.Thread(target=deploy_until_killed, args=(server, round_number * 4 + i, acknowledged, first_done))
            for i in range(3)
        ]
        for thread in threads:
            thread.start()
        assert first_done.wait(60)
        # Let a different number of further ones through each time.
        target = len(acknowledged) + chance.randrange(4)
        while len(acknowledged) < target and any(thread.is_alive() for thread in threads):
            first_done.wait(0.001)
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
        for name in chance.sample(sorted(acknowledged), min(5, len(acknowledged))):
            assert server.invoke(name).json() == {"results": [acknowledged[name]]}
    for name, number in acknowledged.items():
        answer = server.invoke(name)
        assert answer.status == 200, (name, answer.body)
        assert answer.json() == {"results": [number]}
    assert len(acknowledged) >= ROUNDS
