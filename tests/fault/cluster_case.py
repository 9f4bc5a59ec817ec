"""What must hold for a database with standbys, whoever was killed."""


from carry_out import carry_out
from harness.clients import Writer, connect, server_version
from harness.cluster import WriteWatcher, ask_node, wait_all_replicate
from harness.processes import wait_for


def prove_whole(house, name, version):
    """One version, one primary, all nodes in replication again, nothing going on; without anybody's help."""
    wait_all_replicate(house, name)
    wait_for("the last repair to end", lambda: house.show(name)["current_operation"] is None)
    shown = house.show(name)
    assert (shown["state"], shown["version"]) == ("running", version), shown
    assert {node["version"] for node in shown["nodes"]} == {version}, shown
    assert [node["role"] for node in shown["nodes"]].count("primary") == 1
    assert server_version(house.database_url(name)) == version
    assert len(house.postmasters(name)) == len(shown["nodes"])
    assert house.instance_folders() == sorted(node["name"] for node in shown["nodes"])


def prove_plan(house, name, plan):
    """Each node has what the plan says, and there are as many as it says."""
    shown = house.show(name)
    assert shown["plan"] == plan, shown
    topology, megabytes = plan.split("-")
    assert len(shown["nodes"]) == {"starter": 1, "business": 2, "enterprise": 3}[topology], shown
    for node in shown["nodes"]:
        wait_for(f"{node['name']} to run with {megabytes} MB", lambda node=node: ask_node(
            house, node["name"], name, "SHOW shared_buffers") == [(f"{int(megabytes) // 4}MB",)])


class Standing:
    """A database that goes from case to case, as long as each leaves it whole: to make one takes longer than most cases."""

    def __init__(self, house):
        self.house = house
        self.name = None
        self.has = None  # (version, plan)
        self.made = 0

    def take(self, version, plan):
        if self.has != (version, plan):
            self.end()
            self.made += 1
            self.name = f"standing{self.made}"
            self.house.create(self.name, version, plan)
        self.has = None  # until it is given back
        with connect(self.house.database_url(self.name)) as connection:
            connection.execute("DROP TABLE IF EXISTS numbers")
        return self.name

    def give_back(self):
        shown = self.house.show(self.name)
        self.has = (shown["version"], shown["plan"])

    def end(self):
        if self.name is None:
            return
        self.house.failpoints.release_all()
        self.house.destroy(self.name)
        self.name = self.has = None
        assert self.house.instance_folders() == []
        assert self.house.postmasters() == []


def survive(standing, case, versions, plan, begin, plans=None, seconds=180):
    """`begin(name)` begins the operation. It ends in one of two versions, or plans, whole, with every acknowledged row."""
    house, (before, after) = standing.house, versions
    name = standing.take(before, plan)
    with WriteWatcher(house, name) as watcher, Writer(house.database_url(name)) as writer:
        operation = carry_out(house, case, name, lambda: begin(name), seconds)
        writer.wait_for_more()
        finished = operation["state"] == "finished"
        prove_whole(house, name, after if finished else before)
        if plans:
            prove_plan(house, name, plans[1] if finished else plans[0])
    writer.prove_nothing_lost()
    watcher.prove_one_at_a_time()
    assert not (finished and case.going_back), operation
    assert finished or operation["state"] in ("cancelled", "error", "user-error"), operation
    standing.give_back()
