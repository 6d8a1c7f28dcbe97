"""Clients that send mail: how each of them reaches each port."""
import os
import smtplib
import subprocess

from checks import TRUSTING, run
from server import PASSWORD, USER

HOST = "127.0.0.1"
STRANGER = "sender@example.com"
PROGRAMS = "swaks", "curl", "msmtp", "smtplib"
# Ports with what protects them, and the mechanisms that are offered there.
PLACES = [
    ("smtp", "clear", [None]),
    ("smtp", "starttls", [None]),
    ("submission", "starttls", ["PLAIN", "LOGIN"]),
    ("smtps", "tls", ["PLAIN", "LOGIN"]),
    ("lmtp", "clear", [None]),
    ("lmtp", "starttls", [None]),
]
# What some speak inside TLS beside.
MORE = {"msmtp": ["SCRAM-SHA-1", "SCRAM-SHA-256"]}


class Letter:
    """A message on its way: what a client is told of it. Files are made where clients want them."""

    def __init__(self, server, folder, message, *, port="smtp", security="clear", mechanism=None,
                 to=USER, user=USER, password=PASSWORD, size=True):
        self.server, self.folder, self.message = server, folder, message
        self.port, self.security, self.mechanism = port, security, mechanism
        self.to, self.user, self.password, self.size = to, user, password, size
        self.sender = USER if mechanism else STRANGER

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
        return path

    @property
    def at(self):
        return self.server.ports[self.port]


def swaks(letter, *more):
    # Sent as it is, so the stuffing is ours.
    lines = letter.message.split(b"\r\n")
    lines = [b"." + line if line.startswith(b".") else line for line in lines]
    end = b"" if letter.message.endswith(b"\r\n") else b"\r\n"
    path = letter.file("swaks", b"\r\n".join(lines) + end + b".\r\n")
    command = ["swaks", "--from", letter.sender, "--to", letter.to, "--no-data-fixup",
               "--data", "@" + path, "--suppress-data", "--server", HOST, "--port", str(letter.at)]
    command += {"clear": [], "starttls": ["--tls"], "tls": ["--tls-on-connect"]}[letter.security]
    if letter.port == "lmtp":
        command += ["--protocol", "LMTP"]
    if letter.mechanism:
        command += ["--auth", letter.mechanism, "--auth-user", letter.user,
                    "--auth-password", letter.password]
    return [*command, *more]


def curl(letter, *more):
    scheme = "smtps" if letter.security == "tls" else "smtp"
    command = ["curl", "-sS", "-k", "-v", f"{scheme}://{HOST}:{letter.at}",
               "--mail-from", letter.sender, "--mail-rcpt", letter.to,
               "--upload-file", letter.file("curl", letter.message)]
    command += ["--ssl-reqd"] if letter.security == "starttls" else []
    if letter.mechanism:
        command += ["-u", f"{letter.user}:{letter.password}",
                    "--login-options", f"AUTH={letter.mechanism}"]
    return [*command, *more]


def msmtp(letter, *more):
    auth = (letter.mechanism or "off").lower()
    path = letter.file("msmtprc", f"""
account there
host {HOST}
port {letter.at}
protocol {"lmtp" if letter.port == "lmtp" else "smtp"}
from {letter.sender}
domain client.example
auth {auth}
user {letter.user}
passwordeval printf %s {letter.password}
tls {"off" if letter.security == "clear" else "on"}
tls_starttls {"on" if letter.security == "starttls" else "off"}
tls_certcheck off
""".encode())
    return ["msmtp", "-C", path, "-a", "there", *more, letter.to]


def by_smtplib(letter):
    """Sends it, or raises what smtplib makes of a refusal."""
    kind = {"lmtp": smtplib.LMTP, "smtps": smtplib.SMTP_SSL}.get(letter.port, smtplib.SMTP)
    options = {"context": TRUSTING} if kind is smtplib.SMTP_SSL else {}
    with kind(HOST, letter.at, **options) as session:
        if letter.security == "starttls":
            session.starttls(context=TRUSTING)
        session.ehlo_or_helo_if_needed()
        if letter.mechanism:
            session.user, session.password = letter.user, letter.password
            session.auth(letter.mechanism, getattr(session, f"auth_{letter.mechanism.lower()}"))
        options = ["BODY=8BITMIME"] if session.has_extn("8bitmime") else []
        if not letter.size:
            session.esmtp_features.pop("size", None)
        session.sendmail(letter.sender, [letter.to], letter.message, options)


def send(program, letter):
    if program == "smtplib":
        by_smtplib(letter)
    elif program == "msmtp":
        # It reads lines of Unix, and makes CRLF of them.
        run(*msmtp(letter), input=letter.message.replace(b"\r\n", b"\n"))
    else:
        run(*{"swaks": swaks, "curl": curl}[program](letter))


def try_to_send(program, letter):
    """All that a client tells its user of a message that is refused."""
    if program == "smtplib":
        try:
            by_smtplib(letter)
        except smtplib.SMTPException as refused:
            return 1, repr(refused)
        return 0, ""
    commands = {"swaks": swaks, "curl": curl, "msmtp": msmtp}
    lines = letter.message.replace(b"\r\n", b"\n")
    done = subprocess.run(commands[program](letter), capture_output=True, timeout=120, input=lines)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


# Where passwords are taken in the clear.
CARELESS_PLACES = [("submission", "clear", ["PLAIN", "LOGIN"])]


def ways(places=PLACES):
    """Every program at every place with every mechanism: what it is, and what makes its letter."""
    for port, security, mechanisms in places:
        for program in PROGRAMS:
            if program == "curl" and port == "lmtp":
                continue  # it speaks none
            more = MORE.get(program, []) if security != "clear" and mechanisms[0] else []
            for mechanism in mechanisms + more:
                yield program, {"port": port, "security": security, "mechanism": mechanism}
