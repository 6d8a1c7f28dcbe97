"""Refusals as the users of clients see them: each shows the reply of the server, which says why."""
import socket

from checks import check, say
from sending import HOST, PROGRAMS, Letter, try_to_send

SHORT = b"From: Demo <demo@example.org>\r\nSubject: no\r\n\r\nno\r\n"
LONG = SHORT + b"0123456789abcde\r\n" * 12_000


def refusals():
    """What is sent how, and what its sender has to read."""
    inside = {"port": "submission", "security": "starttls"}
    yield "wrong password", SHORT, {**inside, "mechanism": "PLAIN", "password": "wrong"}, \
        "535 5.7.8 Authentication credentials invalid"
    yield "wrong password", SHORT, {"port": "smtps", "security": "tls", "mechanism": "LOGIN",
                                    "password": "wrong"}, \
        "535 5.7.8 Authentication credentials invalid"
    yield "no TLS", SHORT, {"port": "submission"}, "530 5.7.0 STARTTLS first"
    yield "no AUTH", SHORT, inside, "530 5.7.0 AUTH first"
    yield "relay", SHORT, {"to": "someone@elsewhere.example"}, "550 5.7.1"
    yield "unknown user", SHORT, {"to": "nobody@example.org"}, "550 5.1.1"
    yield "unknown user of LMTP", SHORT, {"port": "lmtp", "to": "nobody@example.org"}, "550 5.1.1"
    yield "too big", LONG, {}, "552 5.3.4"
    yield "too big without SIZE", LONG, {"size": False}, "552 5.3.4"


def look(server, folder):
    shown = 0
    for what, message, how, wanted in refusals():
        for program in PROGRAMS:
            if program == "curl" and how.get("port") == "lmtp":
                continue
            code, told = try_to_send(program, Letter(server, folder, message, **how))
            plain = told.replace("(535, b'", "535 ").replace("(530, b'", "530 ")
            plain = plain.replace("(550, b'", "550 ").replace("(552, b'", "552 ")
            check(f"{what}: {program} fails", code != 0, told)
            check(f"{what}: {program} shows {wanted}", wanted in plain, told)
            shown += 1
    for line, wanted in [
        ("AUTH PLAIN AGRlbW8AZGVtbw==", "530 5.7.0 STARTTLS first"),
        ("AUTH X-UNKNOWN", "530 5.7.0 STARTTLS first"),
    ]:
        told = talk(server.ports["submission"], line)
        check(f"{line} without TLS", told.startswith(wanted), told)
    say(f"refusals: {shown} are shown with the text that says why")


def talk(port, line):
    """The last line of the reply to one command behind EHLO, in the clear."""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        lines = connection.makefile("rwb")
        lines.write(f"EHLO client.example\r\n{line}\r\nQUIT\r\n".encode())
        lines.flush()
        last = [l.decode().rstrip() for l in lines if l[3:4] == b" "]
        return last[2]
