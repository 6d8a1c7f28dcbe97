"""Mail clients that keep a copy of a mailbox in step: mbsync and OfflineIMAP, both ways; getmail and
NeoMutt, which read it."""
import hashlib
import imaplib
import mailbox
import os
import pty
import re
import select
import ssl
import subprocess
import time

from checks import TRUSTING, check, run, say
from messages import numbered
from server import PASSWORD, USER

INBOX = range(500, 512)  # the numbers of what is in INBOX at first
NEAR, NEAR_FOLDER, FAR = 600, 601, 602  # what is added here, in a folder here, and there


def far(server):
    session = imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=TRUSTING)
    session.login(USER, PASSWORD)
    return session


def append(session, folder, number, flags=None):
    kind, data = session.append(folder, flags, None, numbered(number))
    check("APPEND", kind == "OK", data)


def contents(session, folder):
    """Flags by the number of the message; one that is there twice is a fault."""
    kind, _ = session.select(folder)
    check(f"SELECT {folder}", kind == "OK")
    _, rows = session.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (X-Check)])")
    found = {}
    for row in rows:
        if isinstance(row, tuple):
            number = int(re.search(rb"X-Check: (\d+)", row[1])[1])
            check(f"{folder} has {number} once", number not in found)
            flags = re.search(rb"FLAGS \(([^)]*)\)", row[0])[1].split()
            found[number] = {flag.decode() for flag in flags} - {r"\Recent"}
    return found


def near(maildir):
    """The same of a Maildir."""
    names = {"S": r"\Seen", "F": r"\Flagged", "R": r"\Answered", "T": r"\Deleted", "D": r"\Draft"}
    found = {}
    for message in mailbox.Maildir(maildir, create=False):
        number = int(message["X-Check"])
        check(f"{maildir} has {number} once", number not in found)
        found[number] = {names[flag] for flag in message.get_flags() if flag in names}
    return found


def path_of(maildir, number):
    for place in ("new", "cur"):
        for name in os.listdir(os.path.join(maildir, place)):
            path = os.path.join(maildir, place, name)
            with open(path, "rb") as file:
                if re.search(rb"^X-Check: %d\r?$" % number, file.read(), re.M):
                    return path
    return check(f"{number} in {maildir}", False)


def set_here(maildir, number, flags):
    """Renames a file of a Maildir, which is how flags are set there."""
    path = path_of(maildir, number)
    name = os.path.basename(path).split(":")[0]
    os.rename(path, os.path.join(maildir, "cur", f"{name}:2,{''.join(sorted(flags))}"))


def put_here(maildir, number):
    for place in ("tmp", "new", "cur"):
        os.makedirs(os.path.join(maildir, place), exist_ok=True)
    with open(os.path.join(maildir, "new", f"{number}.check"), "wb") as file:
        file.write(numbered(number).replace(b"\r\n", b"\n"))


def both_ways(name, server, inbox, work, sync):
    """`sync` is run after changes on both sides: the two must be the same afterwards."""
    with far(server) as session:
        session.select("INBOX")
        session.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
        session.expunge()
        session.create("Sent")
        for number in INBOX:
            append(session, "INBOX", number)
    sync()
    check(f"{name}: the first time", near(inbox) == {number: set() for number in INBOX}, near(inbox))
    set_here(inbox, INBOX[0], "FS")
    set_here(inbox, INBOX[1], "RS")
    os.remove(path_of(inbox, INBOX[2]))
    put_here(inbox, NEAR)
    put_here(work, NEAR_FOLDER)
    with far(server) as session:
        session.select("INBOX")
        session.store("4", "+FLAGS", r"(\Answered)")
        session.store("5", "+FLAGS", r"(\Deleted)")
        session.expunge()
        append(session, "INBOX", FAR, r"(\Seen)")
    sync()
    wanted = {number: set() for number in [*INBOX, NEAR, FAR]}
    wanted.update({INBOX[0]: {r"\Seen", r"\Flagged"}, INBOX[1]: {r"\Seen", r"\Answered"},
                   INBOX[3]: {r"\Answered"}, FAR: {r"\Seen"}})
    del wanted[INBOX[2]], wanted[INBOX[4]]
    with far(server) as session:
        there = contents(session, "INBOX")
        check(f"{name}: there", there == wanted, there)
        check(f"{name}: a folder made here", contents(session, "Work") == {NEAR_FOLDER: set()})
    check(f"{name}: here", near(inbox) == wanted, near(inbox))
    before = sorted(os.listdir(os.path.join(inbox, "cur")))
    sync()
    check(f"{name}: a third time changes nothing", near(inbox) == wanted
          and sorted(os.listdir(os.path.join(inbox, "cur"))) == before)
    with far(server) as session:
        check(f"{name}: nor there", contents(session, "INBOX") == wanted)
        session.delete("Work")
    say(f"{name}: both ways, {len(wanted)} messages")


def mbsync(server, certificate, folder):
    root = os.path.join(folder, "mbsync-both")
    os.makedirs(root)
    config = os.path.join(folder, "mbsync-both.rc")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
IMAPAccount there
Host 127.0.0.1
Port {server.ports["imaps"]}
User {USER}
Pass {PASSWORD}
SSLType IMAPS
SSLVersions TLSv1.2 TLSv1.3
CertificateFile {certificate}
PipelineDepth 50

IMAPStore far
Account there

MaildirStore near
Path {root}/
Inbox {root}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
Sync All
""")
    both_ways("mbsync", server, os.path.join(root, "INBOX"), os.path.join(root, "Work"),
              lambda: run("mbsync", "-c", config, "all", env=dict(os.environ, HOME=folder)))


def offlineimap(server, certificate, folder):
    root = os.path.join(folder, "offlineimap")
    with open(certificate, encoding="ascii") as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    config = os.path.join(folder, "offlineimaprc")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
[general]
accounts = demo
metadata = {root}-state
ui = quiet
[Account demo]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {root}
sep = /
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {server.ports["imaps"]}
remoteuser = {USER}
remotepass = {PASSWORD}
ssl = yes
cert_fingerprint = {hashlib.sha1(der).hexdigest()}
ssl_version = tls1_2
""")
    both_ways("OfflineIMAP", server, os.path.join(root, "INBOX"), os.path.join(root, "Work"),
              lambda: run("offlineimap", "-o", "-c", config, env=dict(os.environ, HOME=folder)))


def getmail(server, folder):
    root = os.path.join(folder, "getmail")
    inbox = os.path.join(root, "mail")
    for place in ("state", "mail/tmp", "mail/new", "mail/cur"):
        os.makedirs(os.path.join(root, place))
    # getmail's own Maildir refuses root, which tests may be.
    deliver_to = os.path.join(root, "mda")
    with open(deliver_to, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec cat > "$(mktemp "{inbox}/new/XXXXXXXX")"\n')
    os.chmod(deliver_to, 0o755)
    with open(os.path.join(root, "state", "getmailrc"), "w", encoding="utf-8") as file:
        file.write(f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = 127.0.0.1
port = {server.ports["imaps"]}
username = {USER}
password = {PASSWORD}
mailboxes = ("INBOX",)
[destination]
type = MDA_external
path = {deliver_to}
allow_root_commands = true
[options]
read_all = false
delivered_to = false
received = false
verbose = 0
""")
    command = ["getmail", "--getmaildir", os.path.join(root, "state")]
    environment = dict(os.environ, HOME=folder)
    with far(server) as session:
        there = contents(session, "INBOX")
    run(*command, env=environment)
    here = near(inbox)
    check("getmail: all", set(here) == set(there), here)
    run(*command, env=environment)
    check("getmail: none twice", near(inbox) == here)
    say(f"getmail: {len(here)} messages, none again")


def neomutt(server, certificate, folder):
    """Opens the mailbox, flags what is in it, copies all of it to a file."""
    target = os.path.join(folder, "neomutt.mbox")
    config = os.path.join(folder, "neomuttrc")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
set imap_user="{USER}" imap_pass="{PASSWORD}" certificate_file="{certificate}"
set folder="imaps://127.0.0.1:{server.ports["imaps"]}/" spool_file="+INBOX" ssl_verify_host=no
set confirm_create=no confirm_append=no delete=no quit=yes mbox_type=mbox wait_key=no
set header_cache="{folder}/neomutt-cache" imap_condstore=yes imap_qresync=yes mark_old=no
push "<tag-pattern>.<enter><tag-prefix><set-flag>!<tag-prefix><copy-message>{target}<enter><sync-mailbox><quit>"
""")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(HOME=folder, TERM="xterm")
        os.execvp("neomutt", ["neomutt", "-n", "-F", config])
    said, end = b"", time.time() + 60
    while time.time() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            said += piece
    else:
        os.kill(child, 9)
    _, status = os.waitpid(child, 0)
    check("neomutt", status == 0, said[-1500:])
    with far(server) as session:
        there = contents(session, "INBOX")
    check("neomutt: all are flagged", all(r"\Flagged" in flags for flags in there.values()), there)
    here = [int(message["X-Check"]) for message in mailbox.mbox(target, create=False)]
    check("neomutt: all were copied", sorted(here) == sorted(there), here)
    say(f"neomutt: {len(here)} messages flagged and copied")


def look(server, certificate, folder):
    mbsync(server, certificate, folder)
    offlineimap(server, certificate, folder)
    getmail(server, folder)
    neomutt(server, certificate, folder)
