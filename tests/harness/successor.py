"""Processes that ask to take over from a gateway and then do not do as they should: spoken by hand, in CBOR."""

import subprocess
import sys

SPEAK = """
import socket, struct, sys
path, deeds = sys.argv[1], sys.argv[2].split()
peer = socket.socket(socket.AF_UNIX)
peer.settimeout(30)
peer.connect(path)
def say(body): peer.sendall(struct.pack("<I", len(body)) + body)
say(b"\\xa1\\x67formats\\x81\\x01")
peer.recv(100)  # which format it would be
if "go" in deeds:
    say(b"\\xa1\\x62go\\xf5")
    got = b""
    while b"\\x63end" not in got and b"refused" not in got:
        piece, there, _, _ = socket.recv_fds(peer, 65536, 64)
        got += piece
        if not piece: break
if "nonsense" in deeds: peer.sendall(b"\\xff" * 50)
if "wait" in deeds:
    while piece := peer.recv(65536): got += piece
    print("refused" if b"refused" in got else got[-200:])
"""


def speak(gate, deeds, user=None):
    """What it printed. `user`: the gateway's own unless another one is said."""
    path = gate.house.data / "run" / "takeover.sock"
    user = (gate.house.data / "agent").stat().st_uid if user is None else user
    done = subprocess.run([sys.executable, "-c", SPEAK, str(path), deeds], user=user, capture_output=True, text=True,
                          timeout=60, check=False, cwd="/")
    return done.stdout.strip() or done.stderr.strip()
