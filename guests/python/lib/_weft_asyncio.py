"""asyncio without sockets: nobody wakes a loop of one thread from outside, so the pair of sockets for that is not needed."""

import asyncio
import asyncio.unix_events


class Loop(asyncio.SelectorEventLoop):
    """The usual loop. What would be given to another thread is done at once: there is one thread."""

    def _make_self_pipe(self):
        self._ssock = self._csock = None

    def _close_self_pipe(self):
        pass

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, func, *args):
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _run_once(self):
        if not self._ready and not self._scheduled and not self._stopping and not self._selector.get_map():
            raise RuntimeError("the coroutine waits for what can never happen: no timer, task or socket is left")
        super()._run_once()


class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop


asyncio.SelectorEventLoop = asyncio.unix_events.SelectorEventLoop = Loop
asyncio.EventLoop = asyncio.unix_events.EventLoop = Loop
asyncio.set_event_loop_policy(Policy())

_shared = None


def shared_loop():
    """The loop that handlers and apps run on; one for the instance's life."""
    global _shared
    if _shared is None or _shared.is_closed():
        _shared = Loop()
        asyncio.set_event_loop(_shared)
    return _shared
