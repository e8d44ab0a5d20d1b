"""What was acknowledged is there after kill -9, however often that happens."""

import random
import threading

ROUNDS = 100


def module_number(number):
    return f'(module (func (export "n") (result i32) (i32.const {number})))'


class Round:
    """One life of the server: what it acknowledged, and whether its end was ours."""

    def __init__(self, acknowledged):
        self.acknowledged = acknowledged
        self.changed = threading.Condition()
        self.killing = threading.Event()
        self.unexpected = []

    def deploy_until_killed(self, server, number):
        try:
            while True:
                number += 1
                name = f"f-{number}"
                server.deploy(name, module_number(number))
                with self.changed:
                    self.acknowledged[name] = number
                    self.changed.notify()
        except Exception as error:  # Whatever a client sees of a server that dies; anything before that is a failure.
            with self.changed:
                if not self.killing.is_set():
                    self.unexpected.append(error)
                self.changed.notify()


def test_acknowledged_deployments_survive_kill_9(own_server):
    server = own_server
    chance = random.Random(20261121)
    acknowledged = {}
    for round_number in range(1, ROUNDS + 1):
        life = Round(acknowledged)
        threads = [
            threading.Thread(target=life.deploy_until_killed, args=(server, (round_number * 4 + i) * 1000))
            for i in range(3)
        ]
        target = len(acknowledged) + 1 + chance.randrange(4)
        for thread in threads:
            thread.start()
        with life.changed:
            assert life.changed.wait_for(lambda: len(acknowledged) >= target or life.unexpected, 60)
            life.killing.set()
        server.kill()
        for thread in threads:
            thread.join()
        assert not life.unexpected
        server.start()
        for name in chance.sample(sorted(acknowledged), min(5, len(acknowledged))):
            assert server.invoke(name).json() == {"results": [acknowledged[name]]}
    for name, number in acknowledged.items():
        answer = server.invoke(name)
        assert answer.status == 200, (name, answer.body)
        assert answer.json() == {"results": [number]}
    assert len(acknowledged) >= ROUNDS
