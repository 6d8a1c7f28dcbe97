"""What all checks share."""
import ssl
import subprocess
import time

STARTED = time.time()
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE
passed = 0


def check(what, sound, detail=""):
    global passed
    if not sound:
        raise SystemExit(f"FAILED {what} {detail}")
    passed += 1


def run(*command, **options):
    """What a program prints, if it is content."""
    done = subprocess.run(command, capture_output=True, timeout=120, **options)
    check(" ".join(command[:1]), done.returncode == 0,
          f"{command}: {done.returncode} {done.stdout[-800:]!r} {done.stderr[-800:]!r}")
    return done.stdout


def say(text):
    print(f"{time.time() - STARTED:6.1f}s  {text}", flush=True)
