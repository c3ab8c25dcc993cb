"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, reachable through a socket in it only.

    python -m tests.backends.server COMMAND ...     runs a command with the URL of such a server as its last argument
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INSTALL = "the tests of PostgreSQL need its server. On Debian: apt-get install postgresql libpq-dev"


def binaries():
    """The folder of initdb and postgres, or None."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]) if p.parts[4].isdigit() else 0)
    return folders[-1].parent if folders else None


def as_user(folder):
    """What a command is begun with: the server refuses to run as root, so there it runs as postgres (or nobody)."""
    if os.geteuid() != 0:
        return []
    import pwd

    name = next((n for n in ("postgres", "nobody") if any(u.pw_name == n for u in pwd.getpwall())), None)
    if name is None:
        raise RuntimeError("run as root, PostgreSQL needs a user postgres or nobody")
    user = pwd.getpwnam(name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class Server:
    """`url(database)`, `start()`, `stop()`, `crash()`, `remove()`."""

    PORT = 5432  # of the socket's name; nothing listens on the network

    def __init__(self, folder=None, **settings):
        self.bin = binaries()
        if self.bin is None:
            raise RuntimeError(INSTALL)
        self.folder = Path(folder) if folder else Path(tempfile.mkdtemp(prefix="cm-pg-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.prefix = as_user(self.folder)
        self.data = self.folder / "data"
        self.settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "port": str(self.PORT), "fsync": "off", "max_connections": "60", **settings}
        self.process = None
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def _run(self, program, *arguments):
        done = subprocess.run([*self.prefix, self.bin / program, *arguments], capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "LC_ALL": "C"})
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")
        return done.stdout

    def start(self):
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen([*self.prefix, self.bin / "postgres", "-D", self.data, *options], stdout=log, stderr=log, cwd="/", start_new_session=True)
        for _ in range(600):
            ready = subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder, "-p", str(self.PORT)], check=False)
            if ready.returncode == 0:
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("the server did not start: " + (self.folder / "log").read_text()[-2000:])

    def stop(self, how=signal.SIGINT):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)
        self.process = None

    def crash(self):
        """Ends it without a word, as a power cut would."""
        self.stop(signal.SIGQUIT)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database="postgres", **query):
        more = "".join(f"&{k}={v}" for k, v in query.items())
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.PORT}{more}"


def main():
    try:
        server = Server()
    except RuntimeError as e:
        sys.exit(f"cormorant: {e}")
    try:
        server.start()
        url = server.url()
        return subprocess.run([*sys.argv[1:], url], check=False, env={**os.environ, "DATABASE_URL": url}).returncode
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())
