#!/usr/bin/env python3
"""Checks an exported chain of custody without the program that wrote it.

Needs Python 3.8 or later (standard library only) and the program `openssl` (1.1.1 or later).

    python3 verify.py [--key FILE]... [--against FILE]... [--origin NAME] [--tsa-ca FILE] [FOLDER]

FOLDER     the export; without it, the folder that this file lies in
--key      a verifier key (.vkey) from elsewhere: its fingerprint is on paper, or another office keeps it
--against  a checkpoint that was kept elsewhere: a witness's copy, a printed and scanned one
--origin   the name that the record must have
--tsa-ca   the certificate (PEM) of the time-stamping authority; without it, only the digests in time stamps are compared

The last line is the verdict, the exit code says the same:
0  proved: everything agrees, and a key or a checkpoint that you gave covers every entry and file
3  consistent, proved by nobody outside: everything agrees with itself; who wrote all of it could have forged all of it
1  not valid: something is wrong, every line that begins with WRONG says what and where
2  the checks could not be made
Use a copy of this file from somebody you trust: a forger can change this one together with the rest.
"""
import argparse
import base64
import binascii
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

FORMAT = "athar-custody/1"
EMPTY_ROOT = hashlib.sha256(b"").digest()
PEM_PREFIX = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: an Ed25519 public key follows
MAX_BODY = 64512
# Payload files that are part of the record itself, and checked against it. All others are content: an entry names their digests.
OF_RECORD = re.compile(
    r"data/(log\.jsonl|checkpoints/[^/]+\.(note|sshsig)|proofs/[^/]+\.tlog-proof|signatures/[^/]+\.note"
    r"|timestamps/[^/]+\.(tsr|txt)|keys/([^/]+\.(vkey|pem)|allowed_signers))"
)
wrong = []


def say(text):
    """Prints a line; names in an export must not steer the terminal or turn the line around."""
    print("".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else ascii(c)[1:-1] for c in text))


def counted(count, one, many):
    """A count with the form of the noun that goes with it."""
    return f"{count} {one if count == 1 else many}"


def problem(where, what):
    wrong.append(f"{where}: {what}")
    say(f"WRONG  {where}: {what}")


def sha256(data):
    return hashlib.sha256(data).digest()


def file_digest(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 of another form")
    return data


# --- BagIt manifests -------------------------------------------------------------------------------------------------


def read_manifest(folder, name):
    listed = {}
    try:
        lines = (folder / name).read_bytes().decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        problem(name, error)
        return listed
    for line in lines[:-1]:
        found = re.fullmatch(r"([0-9a-f]{64})  ([^\x00-\x1f\\%:]+)", line)
        if not found or ".." in found[2].split("/") or found[2].startswith("/") or found[2] in listed:
            problem(name, f"a line of another form: {line[:100]!r}")
        else:
            listed[found[2]] = found[1]
    return listed


def check_bag(folder):
    there = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            problem(name, "is no ordinary file")
        elif path.is_file():
            there.add(name)
    tags = read_manifest(folder, "tagmanifest-sha256.txt")
    listed = dict(tags)
    for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt"):
        if name not in tags:
            problem(name, "is in no manifest")
    for name, digest in read_manifest(folder, "manifest-sha256.txt").items():
        if not name.startswith("data/") or name in listed:
            problem(name, "listed in the wrong manifest")
        listed[name] = digest
    for name in sorted(there - set(listed) - {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.note"}):
        problem(name, "is in no manifest: it was added later")
    for name in sorted(listed):
        if name not in there:
            problem(name, "is missing")
        elif file_digest(folder / name) != listed[name]:
            problem(name, "its SHA-256 is not the one in the manifest: it was changed")
    content = [name for name in sorted(listed) if name.startswith("data/") and not OF_RECORD.fullmatch(name)]
    digest = sha256("".join(f"{listed[name]}  {name}\n" for name in content).encode("utf-8")).hex()
    return len(listed), len(content), digest


# --- Entries: chain and tree -----------------------------------------------------------------------------------------


def canonical(value):
    """RFC 8785, for values without floats."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(json.dumps(n, ensure_ascii=False) + ":" + canonical(value[n]) for n in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float) or isinstance(value, int) and abs(value) >= 2**53:
        raise ValueError("a number that is no integer below 2^53")
    return json.dumps(value, ensure_ascii=False)


def parse_canonical(data):
    value = json.loads(data.decode("utf-8"))
    if canonical(value).encode("utf-8") != data:
        raise ValueError("not in canonical form (RFC 8785)")
    return value


class Tree:
    """The Merkle tree of RFC 6962, leaf by leaf."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, leaf):
        size = self.size
        while size & 1:
            leaf, size = sha256(b"\x01" + self.peaks.pop() + leaf), size >> 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self):
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b"\x01" + peak + root)
        return root


class Key:
    """A verifier key: name+hash+base64(type, 32 bytes)."""

    def __init__(self, text):
        self.text = text
        self.name, key_id, data = text.split("+", 2)
        data = unbase64(data)
        self.kind, self.public = data[0], data[1:]
        if self.kind not in (1, 4) or len(self.public) != 32 or not self.name or re.search(r"[\s\x00-\x1f]", self.name):
            raise ValueError("not an Ed25519 verifier key")
        self.id = sha256(self.name.encode() + b"\n" + data)[:4]
        if self.id.hex() != key_id:
            raise ValueError("the key hash is not that of the key")

    def pem(self):
        data = base64.b64encode(PEM_PREFIX + self.public).decode()
        return f"-----BEGIN PUBLIC KEY-----\n{data}\n-----END PUBLIC KEY-----\n"

    def fingersay(self):
        return " ".join(re.findall("....", sha256(self.public).hex()))

    def verifies(self, message, signature):
        if len(signature) != 64:
            return False
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name, data in (("key", self.pem().encode()), ("text", message), ("sig", signature)):
                (folder / name).write_bytes(data)
            command = "openssl pkeyutl -verify -rawin -pubin -inkey key -in text -sigfile sig".split()
            return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


class Record:
    """The entries, the keys that they name, and the roots after each of them."""

    def __init__(self):
        self.hashes, self.leaves, self.roots, self.keys, self.written = [bytes(32)], [], [EMPTY_ROOT], {}, ""
        self.content = (None, None)  # the last entry about an export, and the digest that it names

    def size(self):
        return len(self.leaves)

    def read(self, path):
        tree = Tree()
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    self.add(number, line, tree)
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                    problem("data/log.jsonl", f"entry {number}: {error}; what follows is bound by nothing")
                    return

    def add(self, number, line, tree):
        if not line.endswith(b"\n"):
            raise ValueError("the last line does not end")
        row = parse_canonical(line[:-1])
        if set(row) != {"body", "hash", "prev", "seq"}:
            raise ValueError("not the four members of a row")
        data = row["body"].encode("utf-8")
        if len(data) > MAX_BODY:
            raise ValueError("the body is too long")
        if row["seq"] != number or isinstance(row["seq"], bool):
            raise ValueError(f"sequence number {number} expected, {row['seq']} found: entries are missing or moved")
        previous = self.hashes[-1]
        if row["prev"] != previous.hex():
            raise ValueError(f"the entry before it has the hash {previous.hex()}, this one names {row['prev']}")
        length = len(data).to_bytes(8, "big")
        found = sha256(b"lab-custody/v1\0" + number.to_bytes(8, "big") + previous + length + data)
        if row["hash"] != found.hex():
            raise ValueError(f"the stored hash is {row['hash']}, its bytes give {found.hex()}")
        body = parse_canonical(data)
        if body["v"] != FORMAT:
            raise ValueError(f"format {body['v']!r}, this program knows {FORMAT!r}")
        if body["seq"] != number or body["prev"] != previous.hex():
            raise ValueError("the body names another place than the row")
        self.hashes.append(found)
        self.leaves.append(sha256(b"\x00" + data))
        tree.push(self.leaves[-1])
        self.roots.append(tree.root())
        time = body.get("time") if isinstance(body.get("time"), dict) else {}
        written = str(time.get("end") or time.get("start") or "")[:19]
        if written < self.written:
            say(f"NOTE   entry {number} bears the time {written}, the one before it {self.written}: a clock was set back")
        self.written = written
        fields = body.get("fields")
        if body.get("act") == "export_log":
            self.content = (number, fields.get("content") if isinstance(fields, dict) else None)
        if body.get("act") in ("key_add", "key_revoke"):
            self.follow_key(number, body["act"], fields if isinstance(fields, dict) else {})

    def follow_key(self, number, act, fields):
        text = fields.get("key")
        try:
            key = Key(text)
        except (ValueError, AttributeError, TypeError, IndexError, binascii.Error):
            say(f"NOTE   entry {number}: a key that cannot be read")
            return
        if act == "key_add":
            kind = {"log": 1, "examiner": 1, "witness": 4}.get(fields.get("role"))
            if text in self.keys or kind != key.kind:
                say(f"NOTE   entry {number}: the key was added before, or its role does not fit")
            else:
                self.keys[text] = {"key": key, "role": fields["role"], "from": number, "void": None}
        elif text not in self.keys or self.keys[text]["void"] is not None:
            say(f"NOTE   entry {number}: revokes a key that is not valid")
        else:
            since = fields.get("since_seq", number)
            since = int(since) if re.fullmatch("[0-9]+", str(since)) else number
            self.keys[text]["void"] = min(since, number)

    def counts(self, key, seq):
        """Does a signature by this key over something that ends with entry `seq` count?"""
        named = self.keys.get(key.text)
        return named is None or named["from"] <= seq and (named["void"] is None or seq < named["void"])


# --- Signed notes ----------------------------------------------------------------------------------------------------


class Note:
    """c2sp.org/signed-note"""

    def __init__(self, data):
        note = data.decode("utf-8")
        if re.search(r"[\x00-\x09\x0b-\x1f]", note) or not note.endswith("\n"):
            raise ValueError("not a signed note")
        text, lines = note.rsplit("\n\n", 1)
        self.text, self.signatures = text + "\n", []
        for line in lines[:-1].split("\n"):
            dash, name, signature = line.split(" ")
            signature = unbase64(signature)
            if dash != "\u2014" or len(signature) < 5:
                raise ValueError("a signature line of another form")
            self.signatures.append((name, signature[:4], signature[4:]))

    def signers(self, keys):
        """The keys among `keys` that signed. A signature by one of them that does not verify is an error."""
        found = []
        for name, key_id, signature in self.signatures:
            key = next((key for key in keys if key.name == name and key.id == key_id), None)
            if key is None:
                continue
            message = self.text.encode("utf-8")
            if key.kind == 4:
                time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                message = f"cosignature/v1\ntime {time}\n".encode() + message
            if not key.verifies(message, signature):
                raise ValueError(f"the signature by {key.name} does not verify")
            found.append(key)
        if not found:
            raise ValueError("no signature by a known key")
        return found


def wire(blob):
    """The strings of an SSH message: a 32-bit length, then the bytes."""
    strings = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            raise ValueError("a string that is cut off")
        strings.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return strings


class Verifier:
    def __init__(self, folder, record, trusted, origin):
        self.folder, self.record, self.trusted, self.origin = folder, record, trusted, origin
        self.covered, self.guarantees = {"any": 0, "trusted": 0, "kept": 0}, {}
        self.sealed, self.sealed_by_given = False, False

    def keys(self, *roles):
        named = self.record.keys
        outside = [key for key in self.trusted if key.text not in named or named[key.text]["role"] in roles]
        trusted = {key.text for key in outside}
        return outside + [k["key"] for t, k in named.items() if k["role"] in roles and t not in trusted]

    def valid_signers(self, note, keys, seq):
        signers = [key for key in note.signers(keys) if self.record.counts(key, seq)]
        if not signers:
            raise ValueError(f"signed only by a key that does not count at entry {seq}: revoked, or not yet added")
        return signers

    def checkpoint(self, data):
        note = Note(data)
        origin, size, root, rest = note.text.split("\n", 3)
        size, root = int(size) if re.fullmatch("0|[1-9][0-9]*", size) else -1, unbase64(root)
        if rest or size < 0 or len(root) != 32:
            raise ValueError("not a checkpoint")
        if origin != self.origin:
            raise ValueError(f"a checkpoint of the record {origin!r}, this one is {self.origin!r}")
        if size > self.record.size():
            raise ValueError(
                f"the checkpoint covers {counted(size, 'entry', 'entries')}, "
                f"the record has {counted(self.record.size(), 'good one', 'good ones')}: "
                "entries were cut off or changed"
            )
        if root != self.record.roots[size]:
            raise ValueError(
                f"the first {counted(size, 'entry has', 'entries have')} the root {self.record.roots[size].hex()}, the checkpoint says {root.hex()}: "
                "the record was rewritten, or somebody was shown another one"
            )
        signers = self.valid_signers(note, self.keys("log", "witness"), size)
        self.covered["any"] = max(self.covered["any"], size)
        for key in signers:
            if key.text in {k.text for k in self.trusted}:
                self.covered["trusted"] = max(self.covered["trusted"], size)
                what = ("were seen by the witness {0}, whose key was given: nobody changed them since, not even the laboratory" if key.kind == 4
                        else "are signed by {0}, whose key was given: nobody without that key wrote or changed them")
                self.guarantee(key.text, size, what.format(key.name))
        return size, root

    def guarantee(self, giver, size, what):
        if size > self.guarantees.get(giver, (0, ""))[0]:
            self.guarantees[giver] = (size, what)

    def kept(self, name, data):
        size, _ = self.checkpoint(data)
        self.covered["kept"] = max(self.covered["kept"], size)
        self.guarantee("kept " + name, size, f"are those of {name}: nobody changed them since it was handed over, not even the laboratory")

    def proved(self, content):
        """How many entries something from outside covers; none when it does not cover the files beside the record too."""
        size = max(self.covered["trusted"], self.covered["kept"])
        seq, named = self.record.content
        return size if not content or self.sealed_by_given or named and seq <= size else 0

    def ssh_signature(self, path, data):
        """OpenSSH, PROTOCOL.sshsig: a detached signature of the checkpoint file whose name it bears."""
        found = re.fullmatch("-----BEGIN SSH SIGNATURE-----([A-Za-z0-9+/=\\s]+)-----END SSH SIGNATURE-----", data.decode().strip())
        blob = unbase64("".join(found[1].split())) if found else b""
        if blob[:10] != b"SSHSIG\0\0\0\1":
            raise ValueError("not an SSH signature")
        key, namespace, reserved, algorithm, signature = wire(blob[10:])
        if namespace != b"custody-checkpoint" or reserved or algorithm not in (b"sha256", b"sha512"):
            raise ValueError("made for another purpose")
        (key_kind, public), (kind, signature) = wire(key), wire(signature)
        name = re.sub(r"\.[0-9]+\.sshsig$", "", path.name)
        checkpoint = path.with_name(name).read_bytes()
        message = hashlib.new(algorithm.decode(), checkpoint).digest()
        parts = (namespace, reserved, algorithm, message)
        message = b"SSHSIG" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        size = int(Note(checkpoint).text.split("\n")[1])
        known = [key for key in self.keys("log", "witness", "examiner") if key.public == public]
        known = [key for key in known if self.record.counts(key, size)]
        if key_kind != b"ssh-ed25519" or kind != key_kind or not known:
            raise ValueError("signed by a key that is not known here, or does not count there")
        if not known[0].verifies(message, signature):
            raise ValueError("the signature does not verify")

    def proof(self, data):
        head, checkpoint = data.split(b"\n\n", 1)
        lines = head.decode("ascii").split("\n")
        if lines[:1] != ["c2sp.org/tlog-proof@v1"] or not lines[1].startswith("extra ") or lines[2][:6] != "index ":
            raise ValueError("not a proof in this format")
        body, index = unbase64(lines[1][6:]), int(lines[2][6:])
        size, root = self.checkpoint(checkpoint)
        if not 0 <= index < size or sha256(b"\x00" + body) != self.record.leaves[index]:
            raise ValueError("about an entry that the record does not have at that place")
        node, position, last = sha256(b"\x00" + body), index, size - 1
        for line in lines[3:]:  # RFC 9162, section 2.1.3.2
            if last == 0:
                raise ValueError("too many hashes")
            if position & 1 or position == last:
                node = sha256(b"\x01" + unbase64(line) + node)
                while not position & 1 and position:
                    position, last = position >> 1, last >> 1
            else:
                node = sha256(b"\x01" + node + unbase64(line))
            position, last = position >> 1, last >> 1
        if last or node != root:
            raise ValueError("the path does not lead to the root")

    def entry_signature(self, path, data):
        note, seq = Note(data), int(path.stem)
        if not 1 <= seq <= self.record.size():
            raise ValueError("about an entry that is not there")
        if note.text != f"athar-custody-entry/v1\n{self.origin}\n{seq}\n{self.record.hashes[seq].hex()}\n":
            raise ValueError("about another entry, or the entry was changed")
        self.valid_signers(note, self.keys("examiner"), seq)

    def timestamp(self, path, data, authority):
        """RFC 3161: the digest of the checkpoint's text stands in the answer; the signature is for openssl."""
        checkpoint = self.folder / "data/checkpoints" / (path.stem + ".note")
        text = Note(checkpoint.read_bytes()).text.encode("utf-8")
        # TSTInfo: version 1, policy, imprint { { SHA-256 }, digest }
        found = re.search(bytes.fromhex("0609608648016503040201") + rb"(?:\x05\x00)?\x04\x20(.{32})", data, re.S)
        if not found or found[1] != sha256(text):
            raise ValueError("the time stamp is of other bytes")
        if path.with_suffix(".txt").exists() and path.with_suffix(".txt").read_bytes() != text:
            raise ValueError("the text beside it is not that of the checkpoint")
        if authority:
            with tempfile.TemporaryDirectory() as folder:
                stamped = pathlib.Path(folder) / "text"
                stamped.write_bytes(text)
                command = ["openssl", "ts", "-verify", "-data", str(stamped), "-in", str(path), "-CAfile", str(authority)]
                done = subprocess.run(command, capture_output=True)
            if done.returncode != 0:
                raise ValueError("openssl ts -verify: " + done.stderr.decode("utf-8", "replace").strip()[-200:])
            size = int(text.split(b"\n")[1])
            self.covered["kept"] = max(self.covered["kept"], size)
            self.guarantee("stamp", size, "are under a time stamp of the authority whose certificate was given: nobody changed them since, not even the laboratory")

    def seal(self, data):
        digest = file_digest(self.folder / "tagmanifest-sha256.txt")
        note = Note(data)
        if note.text != f"athar-custody-export/v1\n{self.origin}\n{digest}\n":
            raise ValueError("about another export, or the manifests were changed")
        signers = self.valid_signers(note, self.keys("log"), self.record.size())
        self.sealed = True
        self.sealed_by_given = any(key.text in {k.text for k in self.trusted} for key in signers)

    def key_file(self, path, data):
        key = Key(data.decode().rstrip("\n"))
        if key.text not in self.record.keys:
            raise ValueError("a key that the record does not name")
        if path.with_suffix(".pem").read_text() != key.pem():
            raise ValueError("the .pem file holds another key")

    def allowed_signers(self):
        lines = []
        for named in self.record.keys.values():
            if named["role"] == "log":
                blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", named["key"].public))
                lines.append('log namespaces="custody-checkpoint" ssh-ed25519 ' + base64.b64encode(blob).decode() + "\n")
        path = self.folder / "data/keys/allowed_signers"
        if (lines or path.exists()) and path.read_text("utf-8") != "".join(lines):
            raise ValueError("not the signers that the record names")

    def companions(self):
        for path in [*self.folder.glob("data/keys/*.pem"), *self.folder.glob("data/timestamps/*.txt")]:
            if not path.with_suffix(".vkey" if path.suffix == ".pem" else ".tsr").exists():
                problem(path.relative_to(self.folder).as_posix(), "the file that it belongs to is not there")

    def each(self, pattern, check):
        count = 0
        for path in sorted(self.folder.glob(pattern)):
            count += attempt(path.relative_to(self.folder).as_posix(), lambda: check(path, path.read_bytes()))
        return count


def attempt(where, check):
    try:
        check()
        return 1
    except (ValueError, IndexError, OSError, OverflowError) as error:
        problem(where, error)
        return 0


def origin_of(folder):
    try:
        found = re.search(r"^External-Identifier: (.+)$", (folder / "bag-info.txt").read_text("utf-8"), re.M)
        return found[1] if found else ""
    except (OSError, UnicodeDecodeError):
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--against", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--origin")
    parser.add_argument("--tsa-ca", type=pathlib.Path)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        subprocess.run(["openssl", "version"], capture_output=True, check=True)
        trusted = [Key(path.read_text("utf-8").rstrip("\n")) for path in options.key]
        kept = [(str(path), path.read_bytes()) for path in options.against]
    except (OSError, ValueError, IndexError, subprocess.CalledProcessError) as error:
        print(f"cannot check: {error}", file=sys.stderr)
        return 2

    folder = options.folder
    files, content, content_digest = check_bag(folder)
    record = Record()
    attempt("data/log.jsonl", lambda: record.read(folder / "data/log.jsonl"))
    verifier = Verifier(folder, record, trusted, options.origin or origin_of(folder))
    checkpoints = verifier.each("data/checkpoints/*.note", lambda path, data: verifier.checkpoint(data))
    ssh = verifier.each("data/checkpoints/*.sshsig", verifier.ssh_signature)
    against = sum(attempt(name, lambda: verifier.kept(name, data)) for name, data in kept)
    proofs = verifier.each("data/proofs/*.tlog-proof", lambda path, data: verifier.proof(data))
    signatures = verifier.each("data/signatures/*.note", verifier.entry_signature)
    stamps = verifier.each("data/timestamps/*.tsr", lambda path, data: verifier.timestamp(path, data, options.tsa_ca))
    keys = verifier.each("data/keys/*.vkey", verifier.key_file)
    attempt("data/keys/allowed_signers", verifier.allowed_signers)
    verifier.companions()
    if not verifier.each("tagmanifest-sha256.txt.note", lambda path, data: verifier.seal(data)) and not (folder / "tagmanifest-sha256.txt.note").exists():
        problem("tagmanifest-sha256.txt.note", "is missing: every export is signed as a whole, and without it files could be changed or taken away")
    seq, named = record.content
    if named and named != content_digest:
        problem("manifest-sha256.txt", f"entry {seq} names the content with the digest {named}, the manifest gives {content_digest}: "
                "a file was changed, added or taken away")
    if not checkpoints:
        problem("data/checkpoints", "no checkpoint that holds: nothing in this export is signed, so anybody could have written it")
    if trusted and not verifier.covered["trusted"]:
        problem("data/checkpoints", "none is signed by a key that was given: this may be a record that somebody else wrote")

    size = record.size()
    say(f"record     {verifier.origin}")
    say(f"entries    {size}, last hash {record.hashes[-1].hex()}")
    say(f"root       {record.roots[-1].hex()}")
    verified = [
        counted(files, "file listed", "files listed"),
        counted(checkpoints, "checkpoint", "checkpoints"),
        counted(ssh, "SSH signature", "SSH signatures"),
        f"{against} kept elsewhere",
        counted(proofs, "proof", "proofs"),
        counted(stamps, "time stamp", "time stamps"),
        counted(signatures, "personal signature", "personal signatures"),
        counted(keys, "key", "keys"),
        f"signed as a whole: {'yes' if verifier.sealed else 'no'}",
    ]
    say(f"verified   {', '.join(verified)}")
    for named in record.keys.values():
        state = "valid" if named["void"] is None else f"void from entry {named['void']}"
        say(f"key        {named['role']}, from entry {named['from']}, {state}: {named['key'].name}")
        say(f"           fingerprint {named['key'].fingersay()}")
    if not trusted:
        say("NOTE   no key from outside was given (--key): a forger could have made the keys above; compare the fingerprints")
    if stamps and not options.tsa_ca:
        say("NOTE   that an authority made the time stamps was not checked: give its certificate (--tsa-ca)")
    if verifier.sealed and trusted and not verifier.sealed_by_given:
        say("NOTE   the export as a whole is not signed by a key that was given")
    if content and not named:
        say("NOTE   no entry names the digests of the files beside the record: only the signature of the whole covers them")
    for guaranteed, what in verifier.guarantees.values():
        say(f"OUTSIDE entries 1 to {guaranteed} {what}")
    proved = verifier.proved(content)
    covered = max(verifier.covered["trusted"], verifier.covered["kept"]) if trusted else verifier.covered["any"]
    if covered < size:
        say(f"NOTE   entries {covered + 1} to {size} are under no signed checkpoint")
    if wrong:
        say(f"RESULT not valid: {counted(len(wrong), 'thing is', 'things are')} wrong")
        return 1
    if size and proved >= size:
        say(f"RESULT proved: all {counted(size, 'entry', 'entries')} and all {counted(files, 'file', 'files')}, by what was given from outside")
        return 0
    say("RESULT consistent, proved by nobody outside: everything agrees with itself, so who wrote all of it could have forged all of it"
        + (f"; entries 1 to {proved} alone are proved" if proved else ""))
    return 3


if __name__ == "__main__":
    sys.exit(main())
