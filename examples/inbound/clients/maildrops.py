"""Clients that read a maildrop by POP3: each of them with every mechanism that it speaks, in the clear, with
STLS and inside TLS. What the server does not do by itself (it keeps no passwords that APOP and CRAM-MD5 could be
made of) is tried against `pop3-secrets` of examples/small."""
import imaplib
import os
import poplib
import shutil
import subprocess

from checks import TRUSTING, check, say
from server import PASSWORD, USER, Server

HOST = "127.0.0.1"
PLACES = ["clear", "stls", "tls"]
# A password, the account's name, a token.
OURS = "USER", "PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"
SECRET = "USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", \
    "OAUTHBEARER", "XOAUTH2"
TOKENS = "OAUTHBEARER", "XOAUTH2"


class Account:
    """Where a maildrop is, and who may read it."""

    def __init__(self, folder, ports, user, password):
        self.folder, self.ports, self.user, self.password = folder, ports, user, password

    def port(self, place):
        return self.ports["tls" if place == "tls" else "clear"]

    def secret(self, mechanism):
        return "token" if mechanism in TOKENS else self.password

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o700), "w",
                  encoding="utf-8") as file:
            file.write(content)
        return path

    def maildir(self, name):
        path = os.path.join(self.folder, name)
        shutil.rmtree(path, ignore_errors=True)
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(path, part))
        return path


class Failed(Exception):
    """What a client says that could not log in or read."""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise Failed(f"{command}: {done.returncode} {done.stdout[-600:]!r} {done.stderr[-900:]!r}")
    return done.stdout


def read_maildir(path):
    found = []
    for name in sorted(os.listdir(os.path.join(path, "new"))):
        with open(os.path.join(path, "new", name), "rb") as file:
            found.append(file.read())
    return found


# ---- one function a client: every message of the maildrop, with line ends of its liking

def by_poplib(account, place, mechanism):
    """Python's own."""
    if place == "tls":
        session = poplib.POP3_SSL(HOST, account.port(place), context=TRUSTING, timeout=20)
    else:
        session = poplib.POP3(HOST, account.port(place), timeout=20)
        if place == "stls":
            session.stls(TRUSTING)
    try:
        if mechanism == "APOP":
            session.apop(account.user, account.password)
        else:
            session.user(account.user)
            session.pass_(account.password)
    except poplib.error_proto as refused:
        session.close()
        raise Failed(str(refused)) from refused
    messages = [b"\n".join(session.retr(n)[1]) + b"\n" for n in range(1, session.stat()[0] + 1)]
    session.quit()
    return messages


def by_curl(account, place, mechanism):
    scheme = "pop3s" if place == "tls" else "pop3"
    url = f"{scheme}://{HOST}:{account.port(place)}/"
    name = "+APOP" if mechanism == "APOP" else mechanism
    bearer = mechanism in TOKENS
    login = account.user if bearer else f"{account.user}:{account.password}"
    command = ["curl", "-sS", "-k", "--login-options", f"AUTH={name}", "-u", login]
    command += ["--ssl-reqd"] if place == "stls" else []
    command += ["--oauth2-bearer", account.secret(mechanism)] if bearer else []
    count = len(run(*command, url).splitlines())
    return [run(*command, f"{url}{number}") for number in range(1, count + 1)]


def by_fetchmail(account, place, mechanism):
    path = account.maildir("fetched")
    deliver = account.file("mda", f'#!/bin/sh\nexec cat > "$(mktemp "{path}/new/XXXXXXXX")"\n')
    protocol = "apop" if mechanism == "APOP" else "pop3"
    auth = {"CRAM-MD5": "cram-md5"}.get(mechanism, "password")
    how = {"clear": 'sslproto ""', "stls": 'sslproto "auto" no sslcertck',
           "tls": "ssl no sslcertck"}[place]
    config = account.file("fetchmailrc", f"""
set no bouncemail
set invisible
poll {HOST} protocol {protocol} port {account.port(place)} auth {auth} no dns no envelope
  user "{account.user}" password "{account.password}" {how} no rewrite keep fetchall
  mda "{deliver}"
""")
    os.chmod(config, 0o600)
    run("fetchmail", "-f", config, "--pidfile", os.path.join(account.folder, "fetchmail.pid"),
        env=dict(os.environ, HOME=account.folder, FETCHMAILHOME=account.folder))
    return read_maildir(path)


def by_mpop(account, place, mechanism):
    path = account.maildir("mpop")
    auth = mechanism.lower()
    config = account.file("mpoprc", f"""
account there
host {HOST}
port {account.port(place)}
user {account.user}
passwordeval printf %s {account.secret(mechanism)}
auth {auth}
tls {"off" if place == "clear" else "on"}
tls_starttls {"on" if place == "stls" else "off"}
tls_certcheck off
keep on
uidls_file {os.path.join(account.folder, "mpop-uidls")}
delivery maildir {path}
received_header off
""")
    os.chmod(config, 0o600)
    uidls = os.path.join(account.folder, "mpop-uidls")
    if os.path.exists(uidls):
        os.remove(uidls)
    run("mpop", "-C", config, "-q", "there")
    return read_maildir(path)


def by_getmail(account, place, mechanism):
    path = account.maildir("getmail")
    kind = "SimplePOP3SSLRetriever" if place == "tls" else "SimplePOP3Retriever"
    config = account.file("getmailrc", f"""
[retriever]
type = {kind}
server = {HOST}
port = {account.port(place)}
username = {account.user}
password = {account.password}
use_apop = {mechanism == "APOP"}
[destination]
type = Maildir
path = {path}/
user = nobody
[options]
read_all = true
delivered_to = false
received = false
""")
    state = account.maildir("getmail-state")
    os.chmod(account.folder, 0o755)
    for part in ("", "cur", "new", "tmp"):
        shutil.chown(os.path.join(path, part), "nobody")
    run("getmail", "--getmaildir", state, "--rcfile", config, "--quiet")
    return read_maildir(path)


MESSAGES = [b"Subject: one\r\n\r\nfirst\r\n", b"Subject: dots\r\n\r\n.\r\n..\r\n",
            b"Subject: unix\n\nno line end\n"]


def bodies(messages):
    """Without the headers, to which each client adds what it likes."""
    return sorted(raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1] for raw in messages)


# Which mechanisms each speaks over POP3, and at which places.
CLIENTS = [
    ("poplib", by_poplib, PLACES, ["USER", "APOP"]),
    # It takes USER only where nothing else is offered.
    ("curl", by_curl, PLACES, ["APOP", "PLAIN", "LOGIN", "CRAM-MD5", *TOKENS]),
    ("fetchmail", by_fetchmail, PLACES, ["USER", "APOP", "CRAM-MD5"]),
    ("mpop", by_mpop, PLACES, ["USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256",
                               *TOKENS]),
    ("getmail", by_getmail, ["clear", "tls"], ["USER", "APOP"]),
]


def table(name, account, mechanisms):
    """Prints what was read, and fails where a client could not."""
    read, rows, wanted = 0, [], bodies(MESSAGES)
    for client, by, its_places, its in CLIENTS:
        if client not in ("poplib",) and not shutil.which(client):
            say(f"POP3: no {client} here")
            continue
        for place in its_places:
            cells = []
            for mechanism in mechanisms:
                if mechanism not in its:
                    cells.append("-")
                    continue
                try:
                    found = by(account, place, mechanism)
                except Failed as refused:
                    check(f"{client} {place} {mechanism}", False, str(refused))
                check(f"{client} {place} {mechanism}: all messages", bodies(found) == wanted, f"{found}")
                read += len(found)
                cells.append("yes")
            rows.append((client, place, cells))
    say(f"POP3, {name}: {read} messages, octet by octet below the header")
    width = [max(len(mechanism), 3) for mechanism in mechanisms]
    print(" " * 9 + f"{'client':<10} {'port':<6} " +
          " ".join(f"{m:<{w}}" for m, w in zip(mechanisms, width)))
    for client, place, cells in rows:
        print(" " * 9 + f"{client:<10} {place:<6} " +
              " ".join(f"{cell:<{w}}" for cell, w in zip(cells, width)), flush=True)


def refused(account):
    """A wrong password is told to the user as such."""
    wrong = Account(account.folder, account.ports, account.user, "wrong")
    for client, by, its_places, its in CLIENTS:
        if client != "poplib" and not shutil.which(client):
            continue
        try:
            by(wrong, its_places[-1], "USER" if "USER" in its else "PLAIN")
        except Failed:
            check(f"{client}: a wrong password fails", True)
        else:
            check(f"{client}: a wrong password fails", False)


def look(binary, folder):
    """The server with these messages in it, then the example that knows the password itself."""
    server = Server(binary, os.path.join(folder, "maildrop"), "--allow-plaintext-auth")
    with imaplib.IMAP4_SSL(HOST, server.ports["imaps"], ssl_context=TRUSTING) as session:
        session.login(USER, PASSWORD)
        for message in MESSAGES:
            session.append("INBOX", None, None, message)
    ports = {"clear": server.ports["pop3"], "tls": server.ports["pop3s"]}
    account = Account(folder, ports, USER, PASSWORD)
    table("the server", account, OURS)
    refused(account)
    check("SIGTERM", server.stop() == 0)
    look_at_secrets(os.path.join(os.path.dirname(binary), "examples", "pop3-secrets"), folder)


def look_at_secrets(binary, folder):
    """That example alone."""
    process = subprocess.Popen([binary, f"{HOST}:0", f"{HOST}:0"], stdout=subprocess.PIPE, text=True)
    try:
        clear, tls = (int(word.rsplit(":", 1)[1]) for word in process.stdout.readline().split())
        account = Account(folder, {"clear": clear, "tls": tls}, "demo", "demo")
        table("pop3-secrets", account, SECRET)
    finally:
        process.kill()
        process.wait()
