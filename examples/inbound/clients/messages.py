"""Twenty messages that mail systems have trouble with, made here, each with a number."""
import base64
import hashlib


def _noise(octets, seed):
    """The same octets each time, which do not compress to nothing."""
    out, block = bytearray(), seed.encode()
    while len(out) < octets:
        block = hashlib.sha256(block).digest()
        out += block
    return bytes(out[:octets])


def _base64(octets):
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def _message(number, subject, body, *fields):
    head = [b"From: Demo <demo@example.org>", b"To: demo@example.org",
            b"Subject: " + subject, b"Date: Sat, 21 Nov 2026 08:00:00 +0000",
            b"Message-ID: <check-%d@example.com>" % number, b"X-Check: %d" % number, *fields]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _multipart(*parts):
    return b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"


def all_messages():
    text, html = b"Content-Type: text/plain", b"Content-Type: text/html"
    mixed = b"Content-Type: multipart/mixed; boundary=cut"
    encoded = b"Content-Transfer-Encoding: base64"
    attachment = b"Content-Type: application/octet-stream; name=a.bin\r\n" + encoded
    inner = _message(900, b"inside", b"A message in a message.\r\n")
    bodies = [
        (b"plain", b"Hello.\r\n", text),
        (b"no body", b""),
        (b"lines with dots", b".\r\n..\r\n...three\r\n.\r\nno dot\r\n. \r\n", text),
        (b"8-bit", "Grüße, 你好, привет\r\n".encode(), text + b"; charset=utf-8",
         b"Content-Transfer-Encoding: 8bit"),
        (b"ten megabytes", _multipart(text + b"\r\n\r\nSee below.\r\n",
                                      attachment + b"\r\n\r\n" + _base64(_noise(7_600_000, "a"))), mixed),
        (b"=?UTF-8?Q?caf=C3=A9?= =?UTF-8?B?4pi6?=", b"An encoded subject.\r\n", text),
        (b"alternative", _multipart(text + b"\r\n\r\nText\r\n", html + b"\r\n\r\n<p>Html</p>\r\n"),
         b"Content-Type: multipart/alternative; boundary=cut"),
        (b"attachment", _multipart(text + b"\r\n\r\nText\r\n",
                                   attachment + b"\r\n\r\n" + _base64(_noise(5_000, "b"))), mixed),
        (b"forwarded", _multipart(text + b"\r\n\r\nText\r\n",
                                  b"Content-Type: message/rfc822\r\n\r\n" + inner), mixed),
        (b"one long line", b"x" * 900 + b"\r\n", text),
        (b"folded\r\n header\r\n\tthrice", b"Folded.\r\n", text),
        (b"blank lines", b"\r\n\r\n\r\nend\r\n\r\n\r\n", text),
        (b"From_", b"From here on\r\n>From there\r\n", text),
        (b"white space", b"trailing   \r\n\t\t\r\n   leading\r\n", text),
        (b"quoted-printable", b"caf=C3=A9 =\r\nsoft\r\n", text,
         b"Content-Transfer-Encoding: quoted-printable"),
        (b"many recipients", b"To lists.\r\n", text,
         b"Cc: " + b",\r\n ".join(b"Person %d <p%d@example.com>" % (n, n) for n in range(200))),
        (b"unclosed", b"--cut\r\n\r\nNo end\r\n", mixed),
        (b"braces {5}", b"{10}\r\n)\r\n* BYE\r\na1 OK\r\n", text),
        (b"a hundred kilobytes", (b"0123456789abcdef" * 4 + b"\r\n") * 1600, text),
        (b"the last", b"Good bye\r\n", text),
    ]
    return {number: _message(number, *body) for number, body in enumerate(bodies)}


def numbered(number):
    """A short one more."""
    return _message(number, b"one more", b"And another one.\r\n", b"Content-Type: text/plain")
