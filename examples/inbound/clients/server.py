"""The server as a process of ours: on ports of the system's choice, in a folder of its own."""
import atexit
import os
import re
import subprocess
import threading
import time

USER, PASSWORD = "demo@example.org", "demo"


class Server:
    def __init__(self, binary, data, *more):
        ports = []
        for name in "smtp submission lmtp imap pop3 http smtps imaps pop3s".split():
            ports += [f"--{name}", "127.0.0.1:0"]
        environment = dict(os.environ, RUST_LOG="warn")
        self.process = subprocess.Popen(
            [binary, "serve", "--data", data, *ports, *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
        atexit.register(self.process.kill)  # a check failed
        self.ports, self.said = {}, []
        threading.Thread(target=self._listen, daemon=True).start()
        line = self.process.stdout.readline()
        if line != "ready\n":
            raise SystemExit(f"the server is not ready: {line!r} {''.join(self.said)}")
        end = time.time() + 5
        while "pop3s" not in self.ports and time.time() < end:
            time.sleep(0.01)

    def _listen(self):
        for line in self.process.stderr:
            self.said.append(line)
            found = re.match(r"  (\w+) +127\.0\.0\.1:(\d+)$", line)
            if found:
                self.ports[found[1]] = int(found[2])

    def stop(self):
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=20)

    def kill(self):
        """SIGKILL: what a power cut looks like to the process."""
        self.process.kill()
        self.process.wait(timeout=20)
