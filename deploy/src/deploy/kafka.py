"""Deploy: a real Apache Kafka as one java process: fetch its jars, format, start, wait, create topics, stop."""

import asyncio
import base64
import fcntl
import hashlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from deploy.topics import Topic
from services.kit.local.child import tied_to_us
from services.kit.process import clock

REPOSITORY = Path(__file__).parents[3]
POM = REPOSITORY / "deploy" / "kafka" / "pom.xml"
LIBS = REPOSITORY / ".cache" / "kafka" / "libs"
JAVA_AT_LEAST = 17
READY_SECONDS = 60
TOPIC_ALREADY_EXISTS = 36
JAVA_OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # a third less CPU until it is ready, for which all wait on two cores
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)

SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=BROKER://127.0.0.1:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={folder}/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


class KafkaNotStarted(Exception):
    """Kafka cannot run here; the message has the remedy."""


class Kafka:
    """One broker on the loopback address, keeping everything in `folder`. Started again on the same folder, it has
    its records and positions."""

    def __init__(self, folder: Path, port: int, controller_port: int) -> None:
        self.folder = folder
        self.port = port
        self.controller_port = controller_port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients find it: host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The log file of the broker."""
        return self.folder / "kafka.txt"

    def prepare(self) -> list[str]:
        """Fetches the jars, writes the settings, formats the folder if it is new; returns the command that runs the
        broker in the foreground until SIGTERM. Errors: `KafkaNotStarted`."""
        java = find_java()
        libs = fetch_jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "server.properties"
        settings.write_text(
            SERVER_PROPERTIES.format(port=self.port, controller_port=self.controller_port, folder=self.folder)
        )
        if not (self.folder / "log" / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(clock.random_id().bytes).decode().rstrip("=")
            tool = [java, "-cp", f"{libs}/*", "kafka.tools.StorageTool"]
            _run(
                [*tool, "format", "--standalone", f"--cluster-id={cluster}", "-c", str(settings)]
            )  # an id may begin with -
        command = [java, *JAVA_OPTIONS, "-cp", f"{libs}/*", "kafka.Kafka", str(settings)]
        return tied_to_us(command, on_our_death=signal.SIGTERM)

    async def start(self) -> None:
        """Starts the broker and returns when it answers. Called from a thread that lives as long as the broker
        shall. Errors: `KafkaNotStarted`."""
        process = self._run_in_background(await asyncio.to_thread(self.prepare))
        deadline = time.monotonic() + READY_SECONDS
        while not await answers("127.0.0.1", self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                last_lines = self.log.read_text(errors="replace").splitlines()[-15:]
                raise KafkaNotStarted("Kafka did not start; its last words:\n" + "\n".join(last_lines))
            await asyncio.sleep(0.2)

    def _run_in_background(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        return self._process

    def stop(self) -> None:
        """Lets the broker leave in order; insists after 20 seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Ends the broker at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


async def answers(host: str, port: int) -> bool:
    """Whether a broker answers a request for metadata; an open port is not enough."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{host}:{port}", request_timeout_ms=2000)
    try:
        async with asyncio.timeout(5):
            await admin.start()
            cluster = await admin.describe_cluster()
            return bool(cluster["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()


async def create_topics(bootstrap: str, topics: Sequence[Topic]) -> None:
    """Creates the topics that are not there, and returns when the broker knows them all. Errors: `KafkaNotStarted`
    when one is there with another number of partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    try:
        async with asyncio.timeout(READY_SECONDS):
            await admin.start()
            answer = await admin.create_topics(
                [NewTopic(t.name, t.partitions, t.replication, topic_configs=dict(t.config)) for t in topics]
            )
            for _, code, *_ in answer.topic_errors:
                if code not in (0, TOPIC_ALREADY_EXISTS):
                    raise for_code(code)
            counts = await _partition_counts(admin, [topic.name for topic in topics])
    finally:
        await admin.close()
    for topic, count in zip(topics, counts, strict=True):
        if count != topic.partitions:
            raise KafkaNotStarted(f"{topic.name} has {count} partitions and must have {topic.partitions}, for ever.")


async def _partition_counts(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> list[int]:
    """How many partitions each topic has. Waits until all have a leader, a moment after they were created."""
    while True:
        descriptions = await admin.describe_topics(topics)
        partitions = {description["topic"]: description["partitions"] for description in descriptions}
        if all(_have_leaders(partitions[topic]) for topic in topics):
            return [len(partitions[topic]) for topic in topics]
        await asyncio.sleep(0.1)


def _have_leaders(partitions: Sequence[Mapping[str, int]]) -> bool:
    return bool(partitions) and all(partition["leader"] >= 0 for partition in partitions)


def free_ports(count: int) -> list[int]:
    """Ports on the loopback address that are free at this moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def find_java() -> str:
    """The java to run. Errors: `KafkaNotStarted`, naming the Debian package, if there is none or it is too old."""
    java = shutil.which("java")
    if java is None:
        raise KafkaNotStarted("Java is missing: install the Debian package default-jre-headless.")
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = output.partition('"')[2].partition('"')[0]
    major = version.partition(".")[0]
    if not major.isdecimal() or int(major) < JAVA_AT_LEAST:
        raise KafkaNotStarted(
            f"Java {version or 'of unknown version'} is too old for Kafka: install the Debian package "
            f"default-jre-headless, version {JAVA_AT_LEAST} or newer."
        )
    return java


def fetch_jars() -> Path:
    """The folder of Kafka's jars, fetched by Maven when it is not there or `pom.xml` has changed since. Safe when
    several do it at once. Errors: `KafkaNotStarted`."""
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    LIBS.parent.mkdir(parents=True, exist_ok=True)
    with (LIBS.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = LIBS / "pom.sha256"
        if stamp.exists() and stamp.read_text() == wanted:
            return LIBS
        maven = shutil.which("mvn")
        if maven is None:
            raise KafkaNotStarted("Maven is missing: install the Debian package maven.")
        shutil.rmtree(LIBS, ignore_errors=True)
        copy = [maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies"]
        _run([*copy, "-DincludeScope=runtime", f"-DoutputDirectory={LIBS}"])
        stamp.write_text(wanted)
    return LIBS


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        last_lines = (done.stdout + done.stderr).splitlines()[-15:]
        raise KafkaNotStarted(f"{Path(command[0]).name} failed:\n" + "\n".join(last_lines))
