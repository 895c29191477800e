"""A Slurm cluster of Debian's packages on this one machine, for tests.

Usage: python tests/slurm/cluster.py start|stop [--state DIR] [--nodes N] [--no-accounting]

Its nodes n1, n2 ... are daemons on the loopback interface. Everything of it lies below one
directory, sockets and keys included, so neither /etc nor another Slurm on the machine is touched;
ports are those that happen to be free. No systemd, no cgroups: memory is looked at every two
seconds. `start` prints what to set to use it. `stop` ends all of it and removes the directory.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PACKAGES = ["slurmctld", "slurmd", "slurm-client", "munge", "slurmdbd", "mariadb-server"]
POLICY = Path("/usr/sbin/policy-rc.d")  # asked by Debian's packages whether they may start daemons
MARK = "SNAKESPICE_TEST_CLUSTER"  # in the environment of what is to end with the cluster
STATE = Path("/var/tmp/snakespice-slurm")
SBIN = "/usr/sbin"
PATIENCE = 60.0  # s for a daemon to answer

SLURM_CONF = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={state}/munge.socket
StateSaveLocation={state}/slurmctld
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.%n.pid
SlurmdSpoolDir={state}/spool.%n
# No cgroups, no binding to processors, and more of both than the machine has.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Tests should not wait for a scheduler that is meant for thousands of jobs.
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
KillWait=3
# What became of a job can be asked as long as a test lasts.
MinJobAge=1800
PropagateResourceLimits=NONE
ReturnToService=0
{accounting}
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=24:00:00 DefaultTime=10 State=UP
"""
ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={slurmdbd}
AccountingStoragePass={state}/munge.socket
AccountingStoreFlags=job_comment"""
NODE = "NodeName=n{} NodeHostname={} NodeAddr=127.0.0.1 Port={} CPUs={} RealMemory={} State=UNKNOWN"
SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={state}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={slurmdbd}
SlurmUser={user}
PidFile={state}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser={user}
"""
SRUN = """\
#!/bin/sh
SLURM_CONF={state}/slurm.conf exec {srun} "$@"
"""


class Cluster:
    """A cluster whose everything lies in `state`; `accounting` with slurmdbd and a database."""

    def __init__(
        self,
        state: Path,
        *,
        nodes: int = 4,
        cpus: int = 2,
        mem_mb: int = 8000,
        accounting: bool = True,
    ) -> None:
        self.state = state
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self.cpus = cpus
        self.mem_mb = mem_mb
        self.accounting = accounting

    @property
    def environment(self) -> dict[str, str]:
        """What leads Slurm's commands to this cluster."""
        return {
            "SLURM_CONF": str(self.state / "slurm.conf"),
            "PATH": f"{self.state}/bin:{os.environ['PATH']}:{SBIN}",
        }

    def start(self) -> None:
        """Start every daemon and return when all nodes are idle."""
        self.state.mkdir(parents=True)
        self.state.chmod(0o755)
        self._configure()
        self.start_daemon("munged")
        _wait("munged", lambda: self._ask("munge", "-S", self._socket, "-n"))
        if self.accounting:
            self._start_accounting()
        self.start_daemon("slurmctld")
        _wait("slurmctld", lambda: self._ask("scontrol", "ping"))
        for node in self.nodes:
            self.start_daemon(f"slurmd.{node}")
        idle = ["sinfo", "--noheader", "--Node", "--states=idle", "--format=%N"]
        _wait("nodes", lambda: self._ask(*idle).split() == self.nodes)

    def stop(self) -> None:
        """Cancel all jobs, end every daemon and remove the directory."""
        if (self.state / "slurmctld.pid").exists():
            with contextlib.suppress(subprocess.SubprocessError, TimeoutError):
                self.run("scancel", f"--user={getpass.getuser()}")
                _wait("scancel", lambda: not self.jobs(), within=20)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            with contextlib.suppress(TimeoutError):
                _wait("the end", lambda: not list(self._processes()), within=20)
                break
        shutil.rmtree(self.state, ignore_errors=True)

    def run(self, *command: str) -> str:
        """Run one of Slurm's commands and return what it prints."""
        return subprocess.run(
            command,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout

    def jobs(self) -> list[str]:
        """Return the numbers of the jobs in the queue, waiting, running or ending."""
        return self.run("squeue", "--noheader", "--format=%A").split()

    def start_daemon(self, name: str) -> None:
        """Start one daemon: munged, mariadbd, slurmdbd, slurmctld, slurmd.n1 ..."""
        with (self.state / f"{name}.log").open("a") as log:
            subprocess.Popen(
                self._command(name),
                env={
                    "MYSQL_UNIX_PORT": f"{self.state}/mysql.socket",
                    MARK: str(self.state),
                    **self.environment,
                },
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop_daemon(self, name: str) -> None:
        """End one daemon and return when it is gone."""
        program = name.partition(".")[0]
        pids = {pid for pid in self._processes() if _name(pid) == program}
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        _wait(f"the end of {name}", lambda: pids.isdisjoint(self._processes()))

    @property
    def _socket(self) -> str:
        return f"{self.state}/munge.socket"

    def _configure(self) -> None:
        for directory in ("bin", "slurmctld", "mysql", *(f"spool.{node}" for node in self.nodes)):
            (self.state / directory).mkdir()
        key = self.state / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        slurmctld, slurmdbd, *ports = _free_ports(2 + len(self.nodes))
        host = socket.gethostname().partition(".")[0]
        values = {"state": self.state, "user": getpass.getuser(), "slurmdbd": slurmdbd}
        nodes = (
            NODE.format(number, host, port, self.cpus, self.mem_mb)
            for number, port in enumerate(ports, 1)
        )
        accounting = ACCOUNTING.format(**values) if self.accounting else ""
        (self.state / "slurm.conf").write_text(
            SLURM_CONF.format(
                **values,
                host=host,
                slurmctld=slurmctld,
                accounting=accounting,
                nodes="\n".join(nodes),
            )
        )
        # The plugin takes SLURM_CONF from the environment of what it runs by srun.
        srun = self.state / "bin" / "srun"
        srun.write_text(SRUN.format(state=self.state, srun=shutil.which("srun")))
        srun.chmod(0o755)
        # slurmdbd takes no file that others can read: a password could stand in it.
        (self.state / "slurmdbd.conf").touch(mode=0o600)
        (self.state / "slurmdbd.conf").write_text(SLURMDBD_CONF.format(**values))

    def _start_accounting(self) -> None:
        user, data = getpass.getuser(), f"--datadir={self.state}/mysql"
        self._ask(
            *("mariadb-install-db", "--no-defaults", f"--user={user}", data, "--skip-test-db"),
            *("--auth-root-authentication-method=socket", f"--auth-root-socket-user={user}"),
        )
        self.start_daemon("mariadbd")
        _wait("mariadbd", lambda: (self.state / "mysql.socket").exists())
        self.start_daemon("slurmdbd")
        _wait("slurmdbd", lambda: self._ask("sacctmgr", "show", "cluster"))
        for what in (["cluster", "lab"], ["account", "lab"], ["user", user, "account=lab"]):
            self.run("sacctmgr", "--immediate", "--quiet", "add", *what)

    def _command(self, name: str) -> list[str]:
        state = self.state
        if name == "munged":
            files = {"key-file": "munge.key", "pid-file": "munged.pid", "seed-file": "munge.seed"}
            options = [f"--{option}={state}/{file}" for option, file in files.items()]
            options += [f"--socket={self._socket}", f"--log-file={state}/munge.log"]
            # By force, as it refuses directories that are closed to other users; ours may be.
            return [f"{SBIN}/munged", "--foreground", "--force", *options]
        if name == "mariadbd":
            small = ["--innodb-buffer-pool-size=64M", "--performance-schema=0"]
            place = [f"--datadir={state}/mysql", f"--socket={state}/mysql.socket"]
            user = f"--user={getpass.getuser()}"
            return [f"{SBIN}/mariadbd", "--no-defaults", "--skip-networking", user, *place, *small]
        program, _, node = name.partition(".")
        return [f"{SBIN}/{program}", "-D", *(["-N", node] if node else [])]

    def _ask(self, *command: str) -> str:
        """Return what a command prints, and nothing when it fails."""
        done = subprocess.run(
            command,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return "" if done.returncode else done.stdout

    def _processes(self) -> Iterator[int]:
        """Yield the processes that bear the mark of this cluster."""
        mark = f"{MARK}={self.state}\0".encode()
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (path / "environ").read_bytes():
                    yield int(path.name)


def missing() -> list[str]:
    """Return the programs of the packages that are not installed."""
    programs = ["slurmctld", "slurmd", "sbatch", "munged", "slurmdbd", "mariadbd"]
    path = f"{os.environ['PATH']}:{SBIN}"
    return [program for program in programs if not shutil.which(program, path=path)]


def install() -> None:
    """Install Debian's packages, and start none of the daemons that they would start."""
    if os.geteuid() or not shutil.which("apt-get"):
        names = ", ".join(missing())
        sys.exit(f"{names} missing: install Slurm, or run this as root on a Debian machine")
    refusal = None if POLICY.exists() else "#!/bin/sh\nexit 101\n"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if refusal:
        POLICY.write_text(refusal)
        POLICY.chmod(0o755)
    try:
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        subprocess.run(
            ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *PACKAGES],
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    finally:
        if refusal:
            POLICY.unlink()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _wait(what: str, is_so: Callable[[], object], within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within:.0f} s; its log may say why")
        time.sleep(0.1)


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("--state", type=Path, default=STATE, help=f"its directory [{STATE}]")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--no-accounting", action="store_true", help="no slurmdbd, no database")
    arguments = parser.parse_args()
    cluster = Cluster(
        arguments.state, nodes=arguments.nodes, accounting=not arguments.no_accounting
    )
    if arguments.action == "stop":
        cluster.stop()
        return 0
    if missing():
        install()
    try:
        cluster.start()
    except (FileExistsError, TimeoutError, subprocess.SubprocessError) as fault:
        print(f"{fault}. `stop` ends what there is of it.", file=sys.stderr)
        return 1
    for name, value in cluster.environment.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
