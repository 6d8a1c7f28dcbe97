"""Logins by a SASL library that knows nothing of ours: GNU SASL, over SMTP and IMAP."""
import os
import subprocess

from checks import check, say
from server import PASSWORD, USER

# With what the connection is bound to, and without.
BOUND = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"]
FREE = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"]


def gsasl(server, data, service, port, mechanism, password):
    """The exit code, and what was said."""
    certificate = os.path.join(data, "tls", "cert.pem")
    binding = [] if mechanism in BOUND else ["--no-cb"]
    done = subprocess.run(
        ["gsasl", "--client", f"--{service}", "--connect", f"127.0.0.1:{server.ports[port]}",
         "--starttls", f"--x509-ca-file={certificate}", *binding, "--mechanism", mechanism,
         "--authentication-id", USER, "--password", password, "--hostname", "localhost"],
        capture_output=True, stdin=subprocess.DEVNULL, timeout=60, text=True)
    return done.returncode, done.stdout + done.stderr


def look(server, data):
    for service, port in [("smtp", "submission"), ("imap", "imap")]:
        for mechanism in BOUND + FREE:
            what = f"gsasl {service} {mechanism}"
            code, told = gsasl(server, data, service, port, mechanism, PASSWORD)
            check(what, code == 0 and "Client authentication finished" in told, told)
            code, told = gsasl(server, data, service, port, mechanism, "wrong")
            check(f"{what}, wrong password", code != 0, told)
    say(f"gsasl: {' '.join(BOUND + FREE)} over SMTP and IMAP")
