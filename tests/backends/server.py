"""Database servers of the tests' own: data in a temporary folder, reachable through a socket in it only.

    python -m tests.backends.server DATABASE COMMAND ...     runs a command with the URL of such a server as its last argument
"""

import atexit
import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def as_user(folder, names):
    """What a command is begun with: servers refuse to run as root, so there they run as one of those users."""
    if os.geteuid() != 0:
        return []
    import pwd

    name = next((n for n in (*names, "nobody") if any(u.pw_name == n for u in pwd.getpwall())), None)
    if name is None:
        raise RuntimeError(f"run as root, the server needs a user {names[0]} or nobody")
    user = pwd.getpwnam(name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class Server:
    """`url(database)`, `start()`, `stop()`, `crash()`, `remove()`."""

    install: str  # one sentence on what to install
    users: tuple[str, ...]
    prefix_of_folder: str
    how_to_stop = signal.SIGTERM
    how_to_crash = signal.SIGKILL

    def __init__(self, folder=None, **settings):
        self.bin = self.binaries()
        if self.bin is None:
            raise RuntimeError(self.install)
        self.folder = Path(folder) if folder else Path(tempfile.mkdtemp(prefix=self.prefix_of_folder))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.prefix = as_user(self.folder, self.users)
        self.data = self.folder / "data"
        self.given = settings
        self.process = None
        self.prepare()

    @classmethod
    def binaries(cls):
        """The folder of the server's programs or the one that matters, or None."""
        raise NotImplementedError

    def prepare(self):
        """Makes the data folder where it is not there."""
        raise NotImplementedError

    def command(self):
        """What starts the server."""
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def run(self, program, *arguments):
        done = subprocess.run([*self.prefix, program, *arguments], capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "LC_ALL": "C"})
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")
        return done.stdout

    def start(self):
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen([*self.prefix, *self.command()], stdout=log, stderr=log, cwd="/", start_new_session=True)
        for _ in range(1200):
            if self.is_ready():
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.025)
        raise RuntimeError("the server did not start: " + (self.folder / "log").read_text()[-2000:])

    def stop(self, how=None):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how or self.how_to_stop)
            self.process.wait(30)
        self.process = None

    def crash(self):
        """Ends it without a word, as a power cut would."""
        self.stop(self.how_to_crash)

    def remove(self):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Server):
    """PostgreSQL."""

    install = "the tests of PostgreSQL need its server. On Debian: apt-get install postgresql libpq-dev"
    users = ("postgres",)
    prefix_of_folder = "cm-pg-"
    how_to_stop = signal.SIGINT
    how_to_crash = signal.SIGQUIT
    PORT = 5432  # of the socket's name; nothing listens on the network

    @classmethod
    def binaries(cls):
        found = shutil.which("initdb")
        if found:
            return Path(found).resolve().parent
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]) if p.parts[4].isdigit() else 0)
        return folders[-1].parent if folders else None

    def prepare(self):
        if not (self.data / "PG_VERSION").exists():
            self.run(self.bin / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def command(self):
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "port": str(self.PORT), "fsync": "off", "max_connections": "60", **self.given}
        return [self.bin / "postgres", "-D", self.data, *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]

    def is_ready(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder, "-p", str(self.PORT)], check=False).returncode == 0

    @property
    def socket_path(self):
        return str(self.folder / f".s.PGSQL.{self.PORT}")

    def network_url(self, port):
        """Of what listens on a port of this machine and passes bytes on to the socket."""
        return f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"

    def url(self, database="postgres", **query):
        more = "".join(f"&{k}={v}" for k, v in query.items())
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.PORT}{more}"


class MariaDB(Server):
    """MariaDB."""

    install = "the tests of MariaDB need its server. On Debian: apt-get install mariadb-server libmariadb-dev"
    users = ("mysql",)
    prefix_of_folder = "cm-my-"
    scheme = "mariadb"
    settings: dict[str, object] = {"innodb-log-file-size": "16M"}  # noqa: RUF012

    @classmethod
    def binaries(cls):
        found = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/libexec")
        return Path(found) if found and shutil.which("mariadb-install-db") else None

    @property
    def socket_path(self):
        return str(self.folder / "socket")

    def network_url(self, port):
        """Of what listens on a port of this machine and passes bytes on to the socket."""
        return f"{self.scheme}://root@127.0.0.1:{port}/test"

    def prepare(self):
        (self.folder / "init.sql").write_text("CREATE DATABASE IF NOT EXISTS test CHARACTER SET utf8mb4;\n")
        (self.folder / "init.sql").chmod(0o644)
        if not (self.data / "mysql").exists():
            self.run("cp", "-r", self.template(), self.data)

    @classmethod
    @functools.cache
    def template(cls):
        """A data folder that no server was started on yet, made once: installing takes longer than the tests that want a server each."""
        folder = Path(tempfile.mkdtemp(prefix=cls.prefix_of_folder))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        command = [*as_user(folder, cls.users), *cls.installing(folder / "data")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "LC_ALL": "C"})
        if done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr or done.stdout}")
        return folder / "data"

    @classmethod
    def installing(cls, data):
        """What makes a data folder."""
        return ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=16M"]

    def command(self):
        settings = {
            "datadir": self.data, "socket": self.socket_path, "pid-file": self.folder / "pid", "init-file": self.folder / "init.sql", "skip-networking": 1,
            "innodb-flush-log-at-trx-commit": 0, "innodb-buffer-pool-size": "64M", "max-connections": 60,
            "character-set-server": "utf8mb4", "collation-server": "utf8mb4_general_ci", "innodb-lock-wait-timeout": 20, "lock-wait-timeout": 20, "innodb-buffer-pool-dump-at-shutdown": 0,
            **self.settings, **self.given,
        }  # fmt: skip
        return [self.bin, "--no-defaults", *(f"--{name.replace('_', '-')}={value}" for name, value in settings.items())]

    def is_ready(self):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(self.socket_path)
            return bool(s.recv(4))  # the greeting: whoever is greeted can log in
        return False

    def url(self, database="test", backend=None, **query):
        more = "".join(f"&{k}={v}" for k, v in query.items())
        return f"{backend or self.scheme}://root@/{database}?unix_socket={self.socket_path}{more}"


class MySQL(MariaDB):
    """MySQL's own server."""

    install = "the tests of MySQL need its server: set MYSQLD to the path of mysqld. MariaDB's, which Debian gives that name, is not one (and its stable releases have no other)"
    scheme = "mysql"
    settings: dict[str, object] = {"innodb-redo-log-capacity": "32M", "skip-log-bin": 1, "mysqlx": 0, "secure-file-priv": "NULL", "auto-generate-certs": 0}  # noqa: RUF012

    @classmethod
    @functools.cache
    def binaries(cls):
        found = os.environ.get("MYSQLD") or shutil.which("mysqld", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not found:
            return None
        said = subprocess.run([found, "--no-defaults", "--version"], capture_output=True, text=True, check=False).stdout
        return Path(found) if said and "MariaDB" not in said else None

    @classmethod
    def installing(cls, data):
        return [cls.binaries(), "--no-defaults", "--initialize-insecure", f"--datadir={data}", "--innodb-redo-log-capacity=32M", "--auto-generate-certs=0"]


class SQLite:
    """SQLite, which needs no server: an empty file for each test."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cm-lite-"))
        self.count = 0

    def url(self):
        self.count += 1
        return f"sqlite:///{self.folder}/{self.count}.db"

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


SERVERS = {"postgresql": PostgreSQL, "mariadb": MariaDB, "mysql": MySQL}


def main():
    try:
        server = SERVERS[sys.argv[1]]()
    except RuntimeError as e:
        sys.exit(f"cormorant: {e}")
    try:
        server.start()
        url = server.url()
        return subprocess.run([*sys.argv[2:], url], check=False, env={**os.environ, "DATABASE_URL": url}).returncode
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())
