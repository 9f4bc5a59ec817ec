"""A client that speaks the protocol by hand: for what no driver would send."""

import base64
import functools
import hashlib
import hmac
import os
import socket
import ssl
import struct

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSS_REQUEST = struct.pack("!ii", 8, 80877104)


def startup(parameters, version=(3, 0)):
    body = b"".join(word.encode() + b"\0" for pair in parameters.items() for word in pair) + b"\0"
    return struct.pack("!ihh", len(body) + 8, *version) + body


def cancel_request(pid, key):
    return struct.pack("!iiI", 12 + len(key), 80877102, pid) + key


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


def query(sql):
    return message(b"Q", sql.encode() + b"\0")


def parse(sql, name=""):
    return message(b"P", name.encode() + b"\0" + sql.encode() + b"\0\0\0")


BIND = message(b"B", b"\0\0" + struct.pack("!hhh", 0, 0, 0))
EXECUTE = message(b"E", b"\0" + struct.pack("!i", 0))
SYNC = message(b"S")
FLUSH = message(b"H")
TERMINATE = message(b"X")


def fields(body):
    """{letter: text} of an error."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


@functools.lru_cache
def _salted(password, salt, rounds):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), rounds)


class Raw:
    """One connection. Messages are (type, body)."""

    def __init__(self, port, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.unread = b""
        self.key = None  # (number, key) of BackendKeyData
        self.parameters = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def bytes(self, count):
        """Exactly so many; fewer when the other side has gone."""
        while len(self.unread) < count:
            try:
                got = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                got = b""
            if not got:
                break
            self.unread += got
        taken, self.unread = self.unread[:count], self.unread[count:]
        return taken

    def read(self):
        """The next message; None at the end of the connection."""
        header = self.bytes(5)
        if len(header) < 5:
            return None
        return header[:1], self.bytes(struct.unpack("!i", header[1:])[0] - 4)

    def until(self, kind):
        """Messages up to the first of this type or to the end of the connection."""
        found = []
        while True:
            got = self.read()
            if got is None:
                return found
            found.append(got)
            if got[0] == kind:
                return found

    def kinds(self, until=b"Z"):
        return b"".join(kind for kind, _ in self.until(until))

    def error(self):
        """The fields of the next error; None when the connection ends without one."""
        found = self.until(b"E")
        return fields(found[-1][1]) if found and found[-1][0] == b"E" else None

    def is_closed(self):
        return self.read() is None

    def tls(self, *, alpn=None, ask=True):
        if ask:
            self.send(SSL_REQUEST)
            assert self.bytes(1) == b"S"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols(alpn)
        self.socket = context.wrap_socket(self.socket)
        return self

    def login(self, user, password, database=None, version=(3, 0), **more):
        """Messages from AuthenticationOk to ReadyForQuery, and NegotiateProtocolVersion if there was one."""
        self.send(startup({"user": user, "database": database or user, **more}, version))
        found = []
        got = self.read()
        if got and got[0] == b"v":
            found.append(got)
            got = self.read()
        assert got and got[0] == b"R" and got[1][:4] == struct.pack("!i", 10), got
        self._scram(password)
        found += self.until(b"Z")
        for kind, body in found:
            if kind == b"K":
                self.key = struct.unpack("!I", body[:4])[0], body[4:]
            if kind == b"S":
                name, value = body.rstrip(b"\0").split(b"\0") if body.count(b"\0") == 2 and body[-2:-1] != b"\0" \
                    else (body.split(b"\0")[0], b"")
                self.parameters[name.decode()] = value.decode()
        assert found[-1] == (b"Z", b"I"), found
        return found

    def _scram(self, password):
        nonce = base64.b64encode(os.urandom(18)).decode()
        first = f"n=,r={nonce}"
        initial = f"n,,{first}".encode()
        self.send(message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(initial)) + initial))
        kind, body = self.read()
        assert kind == b"R", fields(body)
        challenge = body[4:].decode()
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        salted = _salted(password, parts["s"], int(parts["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        bare = f"c=biws,r={parts['r']}"
        told = f"{first},{challenge},{bare}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), told, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.send(message(b"p", f"{bare},p={base64.b64encode(proof).decode()}".encode()))

    def rows(self, sql):
        """What a simple query answers, as text."""
        self.send(query(sql))
        found = self.until(b"Z")
        assert found and found[-1][0] == b"Z", found
        errors = [fields(body) for kind, body in found if kind == b"E"]
        assert not errors, errors
        return [_row(body) for kind, body in found if kind == b"D"]


def _row(body):
    count, = struct.unpack("!h", body[:2])
    at, row = 2, []
    for _ in range(count):
        size, = struct.unpack("!i", body[at:at + 4])
        at += 4
        row.append(None if size < 0 else body[at:at + size].decode())
        at += max(size, 0)
    return tuple(row)
