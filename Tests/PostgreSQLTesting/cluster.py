"""Keeps a PostgreSQL cluster for a test: makes it in a temporary folder, obeys lines on standard input, and removes it
at their end, so that no cluster outlives the tests, however they end.

Lines: `start`, `stop fast`, `stop immediate`, `kill` (all processes at once), `freeze`, `thaw`, `dump DATABASE`,
`standby` (a second server, without which no change is acknowledged), `promote` (after a `kill`), `tcp tls` and `tcp plain`
(starts anew on a port of loopback, with a certificate for `localhost` or without TLS), `programs` (the folder of the server's
programs).
Each is answered by `ok`, or `failed` with a reason, in one line; a dump by `ok` and the path of a file, a standby by `ok`
and the folder of its socket, `tcp` by `ok` and the port. `tcp tls` leaves the certificate's authority in `ca.pem`, and one
that certified nothing in `other-ca.pem`.
"""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

durable = sys.argv[1] == "durable"


def newest():
    """The folder of the newest installed server's programs."""
    folders = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if folders:
        return os.path.dirname(max(folders, key=lambda path: int(re.search(r"/(\d+)/", path)[1])))
    found = shutil.which("initdb")
    if found is None:
        sys.exit("failed PostgreSQL is not installed: run .ci/install-packages")
    return os.path.dirname(found)


programs = newest()
signal.pthread_sigmask(signal.SIG_SETMASK, [])
# The sockets' paths may have 107 bytes, so not in a folder that an operator gave a long name.
folder = tempfile.mkdtemp(prefix="gatehouse-pg-", dir="/tmp")
# The server refuses to run as root; Debian's package brings a user for it.
options = {"cwd": folder, "stdin": subprocess.DEVNULL}
if os.getuid() == 0:
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
data = folder + "/data"
standby_folder = folder + "/standby"
standby_data = folder + "/standby-data"
environment = {"PATH": programs + ":/usr/bin:/bin", "LC_ALL": "C", "HOME": folder}


def run(*arguments):
    done = subprocess.run(
        [programs + "/" + arguments[0], *arguments[1:]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, **options,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout.decode(errors="replace"))


def start(data=data, sockets=folder, **others):
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": sockets,
        "max_connections": "400",
        "shared_buffers": "32MB",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "autovacuum_naptime": "10s",
        "deadlock_timeout": "50ms",
        **others,
    }
    text = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with open(os.devnull, "w") as nothing:
        done = subprocess.run(
            [programs + "/pg_ctl", "start", "-w", "-s", "-D", data, "-l", sockets + "/log", "-o", text],
            stdout=nothing, stderr=nothing, env=environment, **options,
        )
    if done.returncode != 0:
        raise RuntimeError(open(sockets + "/log", errors="replace").read()[-2000:])


def status(process):
    """State and parent of a process; nothing when it is gone."""
    try:
        fields = open(f"/proc/{process}/stat").read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1])


def processes():
    """The server's processes, its own first."""
    try:
        leader = int(open(data + "/postmaster.pid").readline())
    except FileNotFoundError:
        return []
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [leader] + [number for number in numbers if (status(number) or ("", 0))[1] == leader]


def send(number):
    sent = processes()
    for process in sent:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass
    return sent


def kill():
    killed = send(signal.SIGKILL)
    while any((status(process) or "Z")[0] != "Z" for process in killed):
        time.sleep(0.01)
    # One that was not waited for would still look alive to the next server.
    for path in [data + "/postmaster.pid", *glob.glob(folder + "/.s.PGSQL.*")]:
        if os.path.exists(path):
            os.remove(path)


def dump(database):
    path = folder + "/dump.sql"
    run("pg_dump", "-h", folder, "-U", "gatehouse", "-f", path, database)
    return path


def query(text):
    done = subprocess.run(
        [programs + "/psql", "-h", folder, "-U", "gatehouse", "-d", "postgres", "-A", "-t", "-c", text],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, **options,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout.decode(errors="replace"))
    return done.stdout.decode().strip()


def standby():
    os.mkdir(standby_folder)
    if os.getuid() == 0:
        os.chown(standby_folder, options["user"], options["group"])
    run("pg_basebackup", "-h", folder, "-U", "gatehouse", "-D", standby_data, "-R", "-c", "fast", "--no-sync")
    start(standby_data, standby_folder)
    # After the copy, so that the promoted server waits for no other one.
    query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    query("SELECT pg_reload_conf()")
    for _ in range(600):
        if query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1":
            return standby_folder
        time.sleep(0.1)
    raise RuntimeError("the standby does not replicate")


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, umask=0o077, **options)
    if done.returncode != 0:
        raise RuntimeError(done.stdout.decode(errors="replace"))


def certify():
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ["ca", "other-ca"]:
        openssl("req", "-x509", *key, "-keyout", name + ".key", "-out", name + ".pem", "-days", "2", "-subj", "/CN=" + name)
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(folder + "/server.ext", "w") as extensions:
        extensions.write("subjectAltName=DNS:localhost")
    os.chmod(folder + "/server.ext", 0o644)
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "server.ext", "-out", "server.pem")


def serve_tcp(kind):
    others = {"listen_addresses": "127.0.0.1"}
    if kind == "tls":
        certify()
        others |= {"ssl": "on", "ssl_cert_file": folder + "/server.pem", "ssl_key_file": folder + "/server.key"}
    run("pg_ctl", "stop", "-w", "-s", "-D", data, "-m", "fast")
    # Another process may take the port before the server does.
    for attempt in range(5):
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        try:
            start(port=str(port), **others)
            return str(port)
        except RuntimeError:
            if attempt == 4:
                raise


def obey(line):
    words = line.split()
    if words[0] == "start":
        start()
    elif words[0] == "stop":
        run("pg_ctl", "stop", "-w", "-s", "-D", data, "-m", words[1])
    elif words[0] == "kill":
        kill()
    elif words[0] == "freeze":
        send(signal.SIGSTOP)
    elif words[0] == "thaw":
        send(signal.SIGCONT)
    elif words[0] == "standby":
        return standby()
    elif words[0] == "promote":
        run("pg_ctl", "promote", "-w", "-s", "-D", standby_data)
    elif words[0] == "programs":
        return programs
    elif words[0] == "tcp":
        return serve_tcp(words[1])
    elif words[0] == "dump":
        return dump(words[1])
    return ""


def answer(work, *arguments):
    try:
        print("ok", work(*arguments) or "", flush=True)
    except Exception as error:
        print("failed", " ".join(str(error).split()), flush=True)


def make():
    run("initdb", "-D", data, "-U", "gatehouse", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
        "--no-instructions")
    start()
    return folder


try:
    answer(make)
    for line in sys.stdin:
        answer(obey, line)
finally:
    send(signal.SIGCONT)
    for place in [data, standby_data]:
        subprocess.run([programs + "/pg_ctl", "stop", "-s", "-D", place, "-m", "immediate"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, **options)
    shutil.rmtree(folder, ignore_errors=True)
