"""The named places at which a test holds the program still (src/system/failpoint.hpp)."""

from harness.processes import wait_for


class Failpoints:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o777)  # the program, whoever it becomes, renames files here

    def arm(self, name):
        (self.folder / f"{name}.armed").touch()

    def disarm(self, name):
        (self.folder / f"{name}.armed").unlink(missing_ok=True)

    def is_hit(self, name):
        return (self.folder / f"{name}.hit").exists()

    def wait_hit(self, name, seconds=60):
        wait_for(f"the program to come by {name}", lambda: self.is_hit(name), seconds, pause=0.005)

    def release(self, name):
        (self.folder / f"{name}.hit").unlink()

    def release_all(self):
        for path in [*self.folder.glob("*.armed"), *self.folder.glob("*.hit")]:
            path.unlink(missing_ok=True)
