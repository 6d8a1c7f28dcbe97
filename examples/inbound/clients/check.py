#!/usr/bin/env python3
"""The server against mail clients that exist: check.py SERVER_BINARY

Delivers messages with swaks, curl, msmtp and smtplib to every port, in the clear, with STARTTLS and
inside TLS, with every mechanism of AUTH that they have; reads each of them back with imaplib, poplib,
curl, mbsync and fetchmail, and compares octets; reads a maildrop
with every mechanism that POP3 clients have; waits in IDLE for one more; logs in with gsasl by every
mechanism; keeps mailboxes in step with mbsync, OfflineIMAP, getmail and neomutt; looks at what
clients show of refusals; then kills the server under load, and looks for what it had acknowledged."""
import imaplib
import itertools
import os
import poplib
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time

import checks
import logins
import maildrops
import refusals
import tokens
import synchronising
from checks import TRUSTING, check, run, say
from messages import all_messages, numbered
from sending import CARELESS_PLACES, STRANGER, Letter, send, ways
from server import PASSWORD, USER, Server

# ---- sending

def smtplib_send(session, message):
    with session:
        session.sendmail(STRANGER, [USER], message)


def deliver(server, folder, messages, *places):
    """Every message, and every way at least once."""
    all_ways = list(ways(*places))
    check("messages for all ways", len(messages) >= len(all_ways))
    for (number, message), (program, how) in zip(messages.items(), itertools.cycle(all_ways)):
        send(program, Letter(server, folder, message, **how))
    return len(all_ways)


# ---- reading

# What a server may put on top of a message.
TRACE = {b"return-path", b"received", b"received-spf", b"authentication-results"}
FIRST = b"From: Demo <demo@example.org>\r\n"


def original(raw):
    """The message below the fields that the server put on top of it."""
    at = raw.find(FIRST)
    check("the first field", at >= 0, raw[:400])
    names = [name.lower() for name in re.findall(rb"^([^\s:]+):", raw[:at], re.M)]
    check("trace fields", set(names) <= TRACE and names.count(b"received") == 1
          and names.count(b"return-path") == 1, raw[:at])
    return raw[at:]


def compare(how, found, messages, newline=b"\r\n"):
    check(f"{how}: all are there", len(found) == len(messages), f"{len(found)}")
    for raw in found:
        raw = raw.replace(b"\n", b"\r\n") if newline == b"\n" else raw
        message = original(raw)
        number = int(re.search(rb"^X-Check: (\d+)", message, re.M)[1])
        wanted = messages[number]
        if not wanted.endswith(b"\r\n"):
            wanted += b"\r\n"  # DATA always ends a line
        check(f"{how}: message {number}", message == wanted,
              f"{message[:300]!r} is not {wanted[:300]!r}")
    say(f"{how}: {len(found)} messages, octet by octet")


def by_imaplib(server, *, tls):
    if tls == "inside":
        session = imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=TRUSTING)
    else:
        session = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
        session.starttls(TRUSTING)
    with session:
        session.login(USER, PASSWORD)
        _, [count] = session.select("INBOX", readonly=True)
        if not int(count):
            return []
        _, rows = session.fetch("1:*", "(UID RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])")
        return [row[1] for row in rows if isinstance(row, tuple)]


def by_poplib(server, *, tls):
    if tls == "inside":
        session = poplib.POP3_SSL("127.0.0.1", server.ports["pop3s"], context=TRUSTING)
    else:
        session = poplib.POP3("127.0.0.1", server.ports["pop3"])
        session.stls(TRUSTING)
    session.user(USER)
    session.pass_(PASSWORD)
    count, octets = session.stat()
    found = []
    for number in range(1, count + 1):
        lines = session.retr(number)[1]
        found.append(b"".join(line + b"\r\n" for line in lines))
    check("poplib: STAT", sum(map(len, found)) == octets, f"{octets}")
    session.quit()
    return found


def by_curl(server, count):
    login = ["-sS", "-k", "--ssl-reqd", "-u", f"{USER}:{PASSWORD}"]
    imap = f"imap://127.0.0.1:{server.ports['imap']}/INBOX;MAILINDEX="
    pop3 = f"pop3://127.0.0.1:{server.ports['pop3']}/"
    for scheme, url in [("imap", imap), ("pop3", pop3)]:
        yield scheme, [run("curl", *login, f"{url}{n}") for n in range(1, count + 1)]


def by_mbsync(server, folder):
    maildir = os.path.join(folder, "mbsync")
    os.makedirs(maildir)
    config = os.path.join(folder, "mbsyncrc")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
IMAPAccount there
Host 127.0.0.1
Port {server.ports["imap"]}
User {USER}
Pass {PASSWORD}
SSLType STARTTLS
SSLVersions TLSv1.2 TLSv1.3
CertificateFile {os.path.join(server_data(folder), "tls", "cert.pem")}
AuthMechs PLAIN

IMAPStore far
Account there

MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
""")
    run("mbsync", "-c", config, "all", env=dict(os.environ, HOME=folder))
    found = []
    for place in ("new", "cur"):
        path = os.path.join(maildir, "INBOX", place)
        for name in sorted(os.listdir(path)):
            with open(os.path.join(path, name), "rb") as file:
                # mbsync notes its own number in the message.
                found.append(re.sub(rb"^X-TUID: .*\n", b"", file.read(), count=1, flags=re.M))
    return found


def by_fetchmail(server, folder):
    inbox = os.path.join(folder, "fetchmail")
    os.makedirs(inbox)
    deliver_to = os.path.join(folder, "mda")
    with open(deliver_to, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec cat > "$(mktemp "{inbox}/XXXXXXXX")"\n')
    os.chmod(deliver_to, 0o755)
    config = os.path.join(folder, "fetchmailrc")
    with open(os.open(config, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(f"""
set no bouncemail
set invisible
poll 127.0.0.1 protocol pop3 port {server.ports["pop3"]} no dns no envelope
  user "{USER}" password "{PASSWORD}" sslproto "auto" no sslcertck no rewrite keep fetchall
  mda "{deliver_to}"
""")
    run("fetchmail", "-f", config, "--pidfile", os.path.join(folder, "fetchmail.pid"),
        env=dict(os.environ, HOME=folder, FETCHMAILHOME=folder))
    found = []
    for name in sorted(os.listdir(inbox)):
        with open(os.path.join(inbox, name), "rb") as file:
            found.append(file.read())
    return found


def server_data(folder):
    return os.path.join(folder, "data")


# ---- what is new

def wait_in_idle(server):
    """A session in IDLE hears of a message that comes, and of a flag that another session sets."""
    plain = socket.create_connection(("127.0.0.1", server.ports["imaps"]), timeout=10)
    idle = TRUSTING.wrap_socket(plain).makefile("rwb")

    def until(pattern):
        while not re.match(pattern, line := idle.readline()):
            check("IDLE", line != b"", "closed")
        return line

    idle.write(f"a LOGIN {USER} {PASSWORD}\r\nb SELECT INBOX\r\nc IDLE\r\n".encode())
    idle.flush()
    until(rb"\+ ")
    smtplib_send(smtplib.SMTP("127.0.0.1", server.ports["smtp"]), b"Subject: new\r\n\r\nnew\r\n")
    count = int(until(rb"\* \d+ EXISTS").split()[1])
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=TRUSTING) as other:
        other.login(USER, PASSWORD)
        other.select("INBOX")
        other.store(str(count), "+FLAGS", r"(\Flagged)")
        until(rb"\* %d FETCH .*\\Flagged" % count)
        other.store(str(count), "+FLAGS", r"(\Deleted)")
        other.expunge()
    until(rb"\* %d EXPUNGE" % count)
    idle.write(b"DONE\r\n")
    idle.flush()
    until(rb"c OK")
    say("IDLE: a new message, a flag and an expunge were pushed")


# ---- kill -9

def kill_under_load(binary, folder, rounds, senders):
    data = os.path.join(folder, "killed")
    acknowledged, attempted = set(), set()
    for turn in range(rounds):
        server = Server(binary, data)
        stop = threading.Event()

        def send(sender):
            number = 0
            try:
                session = smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=10)
                while not stop.is_set():
                    name, number = f"{turn}.{sender}.{number}", number + 1
                    attempted.add(name)
                    body = "x" * (200_000 if number % 40 == 0 else 2_000)
                    lines = "\r\n".join(body[at:at + 70] for at in range(0, len(body), 70))
                    session.sendmail(STRANGER, [USER], f"X-Kill: {name}\r\n\r\n{lines}\r\n")
                    acknowledged.add(name)
            except (OSError, smtplib.SMTPException):
                pass  # the server was killed

        threads = [threading.Thread(target=send, args=(n,)) for n in range(senders)]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
    server = Server(binary, data)
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=TRUSTING) as session:
        session.login(USER, PASSWORD)
        session.select("INBOX", readonly=True)
        _, rows = session.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (X-Kill)])")
    found = [re.search(rb"X-Kill: (\S+)", row[1])[1].decode() for row in rows if isinstance(row, tuple)]
    check("kill -9: nothing twice", len(found) == len(set(found)))
    check("kill -9: nothing lost", acknowledged <= set(found), sorted(acknowledged - set(found))[:5])
    check("kill -9: nothing invented", set(found) <= attempted)
    check("SIGTERM", server.stop() == 0)
    say(f"kill -9: {rounds} kills, {len(acknowledged)} acknowledged, all there once; "
        f"{len(set(found) - acknowledged)} stored whose reply was lost")


def take_passwords_in_the_clear(binary, folder):
    server = Server(binary, os.path.join(folder, "careless"), "--allow-plaintext-auth")
    messages = {number: numbered(number) for number in range(8)}
    deliver(server, folder, messages, CARELESS_PLACES)
    compare("passwords in the clear", by_imaplib(server, tls="inside"), messages)
    check("SIGTERM", server.stop() == 0)


def refuse_mistakes(binary, folder):
    """A mistake on the command line is one line that names the flag, and exit code 2."""
    busy = socket.create_server(("127.0.0.1", 0))
    broken = os.path.join(folder, "broken.pem")
    with open(broken, "w", encoding="utf-8") as file:
        file.write("not a certificate\n")
    port = f"127.0.0.1:{busy.getsockname()[1]}"
    for flag, arguments in [
        ("--smtp", ["--smtp", port]),
        ("--account", ["--account", "alice@example.org"]),
        ("--account", ["--account", "al ice@example.org:x"]),
        ("--domain", ["--domain", "not a domain"]),
        ("--imap", ["--imap", "nowhere"]),
        ("--tls-cert", ["--tls-cert", broken, "--tls-key", broken]),
        ("--tls-key", ["--tls-key", broken]),
        ("--data", ["--data", os.path.join(broken, "below")]),
        ("--max-message-size", ["--max-message-size", "1"]),
    ]:
        off = [word for name in "smtp submission lmtp imap pop3 http smtps imaps pop3s".split()
               for word in (f"--{name}", "off") if f"--{name}" not in arguments]
        data = [] if "--data" in arguments else ["--data", os.path.join(folder, "mistakes")]
        done = subprocess.run([binary, "serve", *data, *off, *arguments], capture_output=True,
                              timeout=20, text=True, env=dict(os.environ, RUST_LOG="off"))
        check(flag, done.returncode == 2, f"{arguments}: {done}")
        lines = done.stderr.splitlines()
        check(flag, len(lines) == 1 and lines[0].startswith(f"inbound: {flag}: "), done.stderr)
    say("mistakes: one line that names the flag, exit code 2")


def main(binary):
    folder = tempfile.mkdtemp(prefix="inbound-check-")
    try:
        messages = all_messages()
        for number in range(len(messages), len(list(ways()))):
            messages[number] = numbered(number)
        refuse_mistakes(binary, folder)
        server = Server(binary, server_data(folder))
        different = deliver(server, folder, messages)
        say(f"swaks, curl, msmtp, smtplib: {len(messages)} messages in {different} ways")
        compare("imaplib, STARTTLS", by_imaplib(server, tls="start"), messages)
        compare("imaplib, TLS", by_imaplib(server, tls="inside"), messages)
        compare("poplib, STLS", by_poplib(server, tls="start"), messages)
        compare("poplib, TLS", by_poplib(server, tls="inside"), messages)
        for scheme, found in by_curl(server, len(messages)):
            compare(f"curl {scheme}://", found, messages)
        compare("mbsync", by_mbsync(server, folder), messages, newline=b"\n")
        compare("fetchmail", by_fetchmail(server, folder), messages, newline=b"\n")
        wait_in_idle(server)
        logins.look(server, server_data(folder))
        check("SIGTERM", server.stop() == 0)
        server = Server(binary, server_data(folder))
        compare("after a restart", by_imaplib(server, tls="inside"), messages)
        check("SIGTERM", server.stop() == 0)
        server = Server(binary, os.path.join(folder, "synchronised"))
        synchronising.look(server, os.path.join(folder, "synchronised", "tls", "cert.pem"), folder)
        check("SIGTERM", server.stop() == 0)
        server = Server(binary, os.path.join(folder, "refused"), "--max-message-size", "100000")
        refusals.look(server, folder)
        check("SIGTERM", server.stop() == 0)
        take_passwords_in_the_clear(binary, folder)
        maildrops.look(binary, folder)
        tokens.look(binary, folder)
        kill_under_load(binary, folder, rounds=3, senders=8)
        print(f"{checks.passed} checks passed")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
