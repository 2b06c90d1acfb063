"""A training in a thread of its own, so that its test can steer it from outside."""

import threading

SECONDS = 60  # that a test waits for the end


class Background(threading.Thread):
    """Runs `action()` at once; `finish()` returns what it returned, or raises what it raised."""

    def __init__(self, action):
        super().__init__(daemon=True)
        self._action = action
        self._result = self._error = None
        self.start()

    def run(self):
        try:
            self._result = self._action()
        except BaseException as error:
            self._error = error

    def finish(self):
        self.join(SECONDS)
        if self.is_alive():
            raise AssertionError(f"the training still runs after {SECONDS} s")
        if self._error is not None:
            raise self._error
        return self._result
