"""Logins with OAuth tokens by clients that know nothing of ours: curl, msmtp and mpop.

The tokens are signed by openssl, with a key made here, or are words that a server of ours knows."""
import base64
import http.server
import json
import os
import subprocess
import threading
import time
import urllib.parse

from checks import check, run, say
from server import USER, Server

ISSUER = "https://id.example.org"
MECHANISMS = ["OAUTHBEARER", "XOAUTH2"]
MESSAGE = b"From: Demo <demo@example.org>\r\nSubject: token\r\n\r\nsent with a token\r\n"


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Issuer:
    """Signs tokens with openssl, and has its key in a JWK set."""

    def __init__(self, folder):
        self.key = os.path.join(folder, "issuer.pem")
        self.jwks = os.path.join(folder, "jwks.json")
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
            "-out", self.key)
        told = run("openssl", "rsa", "-in", self.key, "-noout", "-modulus")
        modulus = bytes.fromhex(told.decode().strip().partition("=")[2])
        jwk = {"kty": "RSA", "kid": "check", "use": "sig", "alg": "RS256",
               "n": base64url(modulus), "e": "AQAB"}
        with open(self.jwks, "w", encoding="utf-8") as file:
            json.dump({"keys": [jwk]}, file)

    def token(self, **more):
        claims = {"iss": ISSUER, "aud": "mail", "email": USER, "exp": int(time.time()) + 600, **more}
        parts = {"alg": "RS256", "kid": "check", "typ": "at+jwt"}, claims
        signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        signature = run("openssl", "dgst", "-sha256", "-sign", self.key, input=signed.encode())
        return f"{signed}.{base64url(signature)}"


class Knowing(http.server.BaseHTTPRequestHandler):
    """An introspection server (RFC 7662) that knows one token, and who may ask."""
    asked = 0

    def do_POST(self):
        Knowing.asked += 1
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        scheme, _, pair = self.headers["Authorization"].partition(" ")
        known = scheme == "Basic" and base64.b64decode(pair) == b"mail:s%3Acret"
        answer = {"active": form["token"] == ["known-token"]}
        if answer["active"]:
            answer.update(username="someone", email=USER, exp=int(time.time()) + 60)
        body = json.dumps(answer).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def by_curl(server, folder, token, mechanism):
    """One letter in, and the mailbox read by IMAP and POP3: the exit codes, and what was said."""
    letter = os.path.join(folder, "token.eml")
    with open(letter, "wb") as file:
        file.write(MESSAGE)
    login = ["curl", "-sS", "-k", "-v", "--ssl-reqd", "--max-time", "20", "-u", f"{USER}:",
             "--oauth2-bearer", token, "--login-options", f"AUTH={mechanism}"]
    places = [
        [f"smtp://127.0.0.1:{server.ports['submission']}", "--mail-from", USER, "--mail-rcpt", USER,
         "--upload-file", letter],
        [f"imap://127.0.0.1:{server.ports['imap']}/INBOX;MAILINDEX=1"],
        [f"pop3://127.0.0.1:{server.ports['pop3']}/1"],
    ]
    for place in places:
        done = subprocess.run(login + place, capture_output=True, timeout=60)
        said = (done.stdout + done.stderr).decode(errors="replace")
        yield place[0].partition(":")[0], done.returncode, said


def private(folder, name, text):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    return path


def by_msmtp(server, folder, token, mechanism):
    config = private(folder, "msmtp-token", f"""
account there
host 127.0.0.1
port {server.ports["submission"]}
from {USER}
auth {mechanism.lower()}
user {USER}
passwordeval cat {private(folder, "token", token)}
tls on
tls_starttls on
tls_certcheck off
""")
    done = subprocess.run(["msmtp", "-C", config, "-a", "there", USER], capture_output=True,
                          input=MESSAGE.replace(b"\r\n", b"\n"), timeout=60)
    yield "smtp", done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def by_mpop(server, folder, token, mechanism):
    config = private(folder, "mpop-token", f"""
account there
host 127.0.0.1
port {server.ports["pop3"]}
auth {mechanism.lower()}
user {USER}
passwordeval cat {private(folder, "token", token)}
tls on
tls_starttls on
tls_certcheck off
keep on
uidls_file {os.path.join(folder, "mpop-uidls")}
delivery mbox {os.path.join(folder, "mpop-mbox")}
""")
    done = subprocess.run(["mpop", "-C", config, "there"], capture_output=True, timeout=60)
    yield "pop3", done.returncode, (done.stdout + done.stderr).decode(errors="replace")


PROGRAMS = {"curl": by_curl, "msmtp": by_msmtp, "mpop": by_mpop}


def look(binary, folder):
    issuer = Issuer(folder)
    good = issuer.token()
    server = Server(binary, os.path.join(folder, "tokens"), "--oauth-jwks", issuer.jwks,
                    "--oauth-issuer", ISSUER, "--oauth-audience", "mail")
    for name, program in PROGRAMS.items():
        for mechanism in MECHANISMS:
            for service, code, said in program(server, folder, good, mechanism):
                check(f"{name} {service} {mechanism}", code == 0, said)
            bad = issuer.token(exp=1)
            for service, code, said in program(server, folder, bad, mechanism):
                check(f"{name} {service} {mechanism}, expired", code != 0, said)
    check("SIGTERM", server.stop() == 0)
    check("no token in the log", not any(good.split(".")[2] in line for line in server.said))
    ask(binary, folder)
    say(f"{', '.join(PROGRAMS)}: {' and '.join(MECHANISMS)} over SMTP, IMAP and POP3, by keys and by asking")


def ask(binary, folder):
    asked = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Knowing)
    threading.Thread(target=asked.serve_forever, daemon=True).start()
    secret = os.path.join(folder, "client-secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("s:cret\n")
    server = Server(binary, os.path.join(folder, "tokens"), "--oauth-introspection",
                    f"http://127.0.0.1:{asked.server_port}/introspect", "--oauth-client-id", "mail",
                    "--oauth-client-secret-file", secret)
    for mechanism in MECHANISMS:
        for service, code, said in by_curl(server, folder, "known-token", mechanism):
            check(f"introspection, {service} {mechanism}", code == 0, said)
    check("it was asked once", Knowing.asked == 1, Knowing.asked)
    for service, code, said in by_curl(server, folder, "unknown-token", "OAUTHBEARER"):
        check(f"introspection, {service}, unknown", code != 0, said)
    asked.shutdown()
    asked.server_close()
    for service, code, said in by_curl(server, folder, "another-token", "OAUTHBEARER"):
        later = {"smtp": "454 4.7.0", "imap": "[UNAVAILABLE]", "pop3": "[SYS/TEMP]"}[service]
        check(f"introspection, {service}, gone", code != 0 and later in said, said)
    check("SIGTERM", server.stop() == 0)
