import { hostProofPath } from "@machinist/core";

/** What stands in for a secret that was removed. As long as one, so that files in any format stay whole. */
const NOTHING = "0".repeat(64);

/**
 * The guest's part of the proof (core's `hostProof`), as a cloud-boothook: run by cloud-init at every boot, before it
 * makes the host's keys. So it steps aside and waits for them; sshd starts only after they were made. Python, because
 * cloud-init itself is; found by sh, because it is not everywhere at the same place.
 *
 * The secret is in this file alone: no argument, no environment. It is overwritten in place, by as many zeros, wherever
 * cloud-init keeps what it was given (user-data as it came and as it was read, the cached datasource, this file), plain
 * or in base64. That is done twice: with the proof, and when cloud-init, which writes some of it again, has finished.
 * Where the provider hands out user-data at each boot it comes back, and is removed again.
 */
export const bootScript = (secret: string): string => `#!/bin/sh
'''exec' "$(command -v python3 || echo /usr/libexec/platform-python)" "$0"
' '''
# Proves this host's SSH keys to whoever asked for the host.
import base64, glob, hashlib, hmac, json, os, sys, time

SECRET = b"${secret}"
NOTHING = b"0" * 64
KEYS = "/etc/ssh/ssh_host_*_key.pub"
PROOF = "${hostProofPath}"
KEPT = ["/var/lib/cloud", "/run/cloud-init", "/var/log/cloud-init.log", "/var/log/cloud-init-output.log"]


def finished(stage):
    try:
        with open("/run/cloud-init/status.json") as file:
            return bool(json.load(file)["v1"][stage]["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def proof_now():
    proofs = ""
    for path in sorted(glob.glob(KEYS)):
        with open(path) as file:
            words = file.read().split()
        if len(words) < 2:
            raise OSError("half a key")
        key = " ".join(words[:2]).encode()
        proofs += hmac.new(bytes.fromhex(SECRET.decode()), key, hashlib.sha256).hexdigest() + "\\n"
    if not proofs:
        raise OSError("no key yet")
    return proofs


def proof_there():
    try:
        with open(PROOF) as file:
            return file.read()
    except OSError:
        return None


def prove():
    proof = proof_now()
    if proof_there() == proof:
        return
    os.makedirs(os.path.dirname(PROOF), 0o755, exist_ok=True)
    with open(PROOF + ".new", "w") as file:
        file.write(proof)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(PROOF + ".new", 0o644)
    os.replace(PROOF + ".new", PROOF)


def shapes(value):
    yield value
    for before in range(3):
        text = base64.b64encode(b"?" * before + value + b"?" * ((3 - (before + 64) % 3) % 3))
        yield text[4 if before else 0 : -4 if (before + 64) % 3 else None]


def forget(path):
    if os.path.islink(path) or not os.path.isfile(path):
        return
    try:
        with open(path, "r+b") as file:
            content = file.read()
            for known, blank in zip(shapes(SECRET), shapes(NOTHING)):
                at = content.find(known)
                while at >= 0:
                    file.seek(at)
                    file.write(blank)
                    at = content.find(known, at + len(known))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        pass


def forget_all():
    for top in KEPT:
        forget(top)
        for folder, _, names in os.walk(top):
            for name in names:
                forget(os.path.join(folder, name))


def drop_stale():
    """An image made of a host that was proved has that one's proof in it, and nobody may read it here."""
    try:
        stale = proof_there() not in (None, proof_now())
    except OSError:
        stale = True
    if stale and os.path.exists(PROOF):
        os.remove(PROOF)


if SECRET == NOTHING:
    sys.exit()
drop_stale()
if os.fork():
    os._exit(0)
os.setsid()
os.umask(0o022)
null = os.open(os.devnull, os.O_RDWR)
for each in range(3):
    os.dup2(null, each)
os.chdir("/")
begun = time.monotonic()
proved = False
while time.monotonic() - begun < 3600:
    done = finished("modules-final")
    if done or (finished("init") and not proved):
        try:
            prove()
            proved = True
            forget_all()
        except OSError:
            pass  # No key yet, or no room.
    if done:
        break
    time.sleep(1 if proved else 0.05)
forget_all()
`;

export const isBootSecret = (text: string): boolean => /^[0-9a-f]{64}$/.test(text) && text !== NOTHING;
