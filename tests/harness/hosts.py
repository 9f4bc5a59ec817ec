"""Further hosts of a house: network namespaces on a bridge, each with an agent. The house itself is on the bridge too.

A cut is what a pulled cable is: packets are lost, nobody is told. It ends with heal().
"""

import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

from harness.house import BINARY, House
from harness.processes import all_processes, kill_all, wait_for, with_descendants


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


class Network:
    """A bridge with an address of its own for the house. Names are at most 15 letters long (IFNAMSIZ)."""

    def __init__(self):
        for _ in range(50):
            self.number = random.randrange(1, 250)
            self.bridge = f"pgb{os.getpid() % 100000}n{self.number}"
            self.address = f"10.213.{self.number}.1"
            if f"10.213.{self.number}." not in ip("-4", "addr").stdout:
                break
        ip("link", "add", self.bridge, "type", "bridge")
        ip("addr", "add", f"{self.address}/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")

    def close(self):
        ip("link", "del", self.bridge, check=False)


class Host:
    """One namespace with an agent in it."""

    def __init__(self, network, house, number):
        self.network = network
        self.house = house
        self.name = f"host{number}"
        self.address = f"10.213.{network.number}.{number}"
        self.space = f"{network.bridge}h{number}"
        self.cable = f"v{network.number}h{number}p{os.getpid() % 10000}"  # the end that is on the bridge
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbaton-host-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.agent = None
        ip("netns", "add", self.space)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.space)
        ip("link", "set", self.cable, "master", network.bridge, "up")
        for words in (("addr", "add", f"{self.address}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("link", "set", "lo", "up")):
            ip("-n", self.space, *words)

    def join(self):
        """Known to the house, its agent started."""
        settings = self.folder / "agent.toml"
        self.house.ok("hosts", "add", self.name, self.address, "--out", settings)
        settings.write_text(f'data = "{self.data}"\nengines = "{self.house.engines}"\n' + settings.read_text())
        self.start()
        return self

    def start(self):
        with open(self.folder / "agent.log", "ab") as log:
            self.agent = subprocess.Popen(
                ["ip", "netns", "exec", self.space, BINARY, "agent", "--config", self.folder / "agent.toml"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.house.environment())
        wait_for(f"the agent of {self.name}", self.is_up)

    def is_up(self):
        assert self.agent.poll() is None, self.log()
        rows = {row["name"]: row for row in self.house.ok("hosts", "list")["hosts"]}
        return rows[self.name]["state"] == "up"

    def kill_agent(self):
        kill_all([process for process in all_processes() if process.pid == self.agent.pid])
        self.agent.wait(timeout=60)

    def cut(self):
        """From everybody: the house and the other hosts."""
        ip("link", "set", self.cable, "down")

    def heal(self):
        ip("link", "set", self.cable, "up")

    def cut_from(self, other):
        """Two hosts do not hear each other any more; the house hears both."""
        for one, to in ((self, other), (other, self)):
            ip("-n", one.space, "route", "replace", "blackhole", f"{to.address}/32")

    def heal_from(self, other):
        for one, to in ((self, other), (other, self)):
            ip("-n", one.space, "route", "del", "blackhole", f"{to.address}/32", check=False)

    def processes(self):
        everything = all_processes()
        mark = str(self.folder) + "/"
        return with_descendants([process for process in everything
                                 if process.folder.startswith(mark) or mark in process.command], everything)

    def reboot(self):
        """As when the power fails, and the agent again."""
        kill_all(self.processes())
        self.agent.wait(timeout=60)
        self.start()

    def log(self):
        logs = [self.folder / "agent.log", *sorted(self.data.glob("agent/instances/*/log/*"))]
        return "\n".join(f"--- {log}\n{log.read_text(errors='replace')[-4000:]}" for log in logs if log.is_file())

    def close(self):
        kill_all(self.processes())
        if self.agent:
            self.agent.wait(timeout=60)
        ip("netns", "del", self.space, check=False)
        ip("link", "del", self.cable, check=False)
        if "PGBATON_TEST_KEEP" not in os.environ:
            shutil.rmtree(self.folder, ignore_errors=True)


class Farm(House):
    """A house with further hosts."""

    def __init__(self, template, hosts):
        self.network = Network()
        self.hosts = {}
        try:
            super().__init__(template, arguments=("--address", self.network.address))
        except BaseException:
            self.network.close()
            raise
        self.wanted = hosts

    def start(self, seconds=60):
        super().start(seconds)
        for number in range(2, 2 + self.wanted - len(self.hosts)):
            host = Host(self.network, self, number)
            self.hosts[host.name] = host
            host.join()
        return self

    def all_data(self):
        return [self.data, *(host.data for host in self.hosts.values())]

    def data_of(self, node):
        for host in self.hosts.values():
            if (host.data / "agent" / "instances" / node).is_dir():
                return host.data
        return self.data

    def host_of(self, node):
        """Of a node of another host."""
        return next(host for host in self.hosts.values() if host.data == self.data_of(node))

    def log(self):
        return "\n".join([super().log(), *(host.log() for host in self.hosts.values())])

    def close(self):
        with contextlib.ExitStack() as all_of_it:
            all_of_it.callback(self.network.close)
            for host in self.hosts.values():
                all_of_it.callback(host.close)
            super().close()
