"""Reads mails with Python's email package and writes what it sees, one JSON object a line.

Each mail on standard input has its length in decimal and a line feed before it. The first line of the
output is the version of Python: the package changes from one to the next.
"""

import base64
import json
import sys
from email import message_from_bytes, policy


def clean(text):
    """Text that JSON can carry: octets that were no characters become U+FFFD."""
    if text is None:
        return None
    octets = str(text).encode("utf-8", "surrogateescape" if ok(text) else "surrogatepass")
    return octets.decode("utf-8", "replace")


def ok(text):
    try:
        str(text).encode("utf-8", "surrogateescape")
        return True
    except UnicodeEncodeError:
        return False


def attempt(read):
    """What `read` gives, or the name of the exception: some values make the package fail."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__}


def addresses(message, name):
    def read():
        field = message[name]
        if field is None:
            return None
        pairs = [(a.display_name, a.addr_spec) for a in field.addresses]
        return [[clean(name), clean(spec)] for name, spec in pairs]

    return attempt(read)


def date(message):
    def read():
        field = message["date"]
        if field is None or field.datetime is None:
            return None
        moment = field.datetime
        zone = moment.utcoffset()
        stamp = moment.timestamp() if zone is not None else None
        if stamp is None:
            from datetime import timezone

            stamp = moment.replace(tzinfo=timezone.utc).timestamp()
        return [int(stamp), None if zone is None else int(zone.total_seconds()) // 60]

    return attempt(read)


def body(part):
    octets = part.get_payload(decode=True)
    return None if octets is None else base64.b64encode(octets).decode("ascii")


def walk(part, depth, out):
    children = part.get_payload() if part.is_multipart() else []
    seen = {
        "depth": depth,
        "type": clean(part.get_content_type()),
        "children": len(children),
        "fields": len(part.keys()),
        "filename": attempt(lambda: clean(part.get_filename())),
    }
    out.append(seen)
    if not part.is_multipart():
        seen["body"] = attempt(lambda: body(part))
        if part.get_content_maintype() == "text":
            seen["text"] = attempt(lambda: clean(part.get_content()))
    for child in children:
        walk(child, depth + 1, out)


def describe(octets):
    message = message_from_bytes(octets, policy=policy.default)
    parts = []
    walk(message, 0, parts)
    return {
        "parts": parts,
        "subject": attempt(lambda: clean(message["subject"])),
        "from": addresses(message, "from"),
        "to": addresses(message, "to"),
        "date": date(message),
    }


def main():
    stdin = sys.stdin.buffer
    sys.stdout.write("%d.%d\n" % sys.version_info[:2])
    while line := stdin.readline():
        seen = attempt(lambda octets=stdin.read(int(line)): describe(octets))
        sys.stdout.write(json.dumps(seen) + "\n")


main()
