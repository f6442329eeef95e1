"""The internal system played by hand: a prompt, above which events appear as they arrive."""

import cmd
import readline
import shlex
import sys
import threading
import uuid
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from demo.backoffice import commands, sentences
from demo.backoffice.commands import Command
from demo.backoffice.queues import Queues
from demo.backoffice.system import Backoffice
from demo.backoffice.twins import Twin, Twins


class Desk(cmd.Cmd):
    """Each `do_…` is a command at the prompt; its docstring is its help."""

    intro = (
        "You are the internal system. `help` lists what you can do, `cases` what you know. `quit` or Ctrl-D ends it."
    )
    prompt = "backoffice> "
    is_watched = True
    """Somebody sits at a terminal; a program that writes the commands reads plain lines."""

    def __init__(self, queues: Queues, twins: Twins) -> None:
        super().__init__()
        self._system = Backoffice(queues, twins=twins, say=self._say)
        if not sys.stdin.isatty():
            self.is_watched, self.prompt = False, ""

    def preloop(self) -> None:
        threading.Thread(target=self._system.work_on, daemon=True).start()

    def do_cases(self, _: str) -> None:
        """`cases`: what is known here, one case on a line."""
        for twin in self._system.twins:
            self._say(sentences.of_twin(twin))

    def do_show(self, line: str) -> None:
        """`show CASE`: its conversation and the tasks that it waits for. CASE is a number, a ticket or an id."""
        twin, _ = self._of(line)
        for said in sentences.in_full(twin) if twin else ():
            self._say(said)

    def do_create(self, line: str) -> None:
        """`create OWNER SERVICE FIELD=ANSWER …`: a new case for a contact, by e-mail address or id."""
        try:
            owner, service, *answers = shlex.split(line)
            given = dict(answer.split("=", 1) for answer in answers)
        except ValueError:
            self._say('For example: create ana@example.org contact-us TOPIC=OTHER MESSAGE="When is it open?"')
            return
        self._send(commands.create(owner, service, given, f"BO-{uuid.uuid4().hex[:8].upper()}"))

    def do_link(self, line: str) -> None:
        """`link CASE [TICKET]`: tell the portal under which id we keep the case."""
        twin, ticket = self._of(line)
        if twin:
            self._send(commands.link(twin.case_id, ticket or twin.ticket))

    def do_post(self, line: str) -> None:
        """`post CASE TEXT`: write to the customer."""
        twin, text = self._of(line)
        if twin:
            self._send(commands.post(twin.case_id, text))

    def do_note(self, line: str) -> None:
        """`note CASE TEXT`: write a message that customers do not see."""
        twin, text = self._of(line)
        if twin:
            self._send(commands.post(twin.case_id, text, internal=True))

    def do_status(self, line: str) -> None:
        """`status CASE STATUS [REASON]`: in_progress, waiting_for_response, resolved, closed, canceled (say why)."""
        twin, wish = self._of(line)
        if twin:
            status, _, reason = wish.partition(" ")
            self._send(commands.set_status(twin.case_id, status, twin.sequence, reason.strip()))

    def do_complete(self, line: str) -> None:
        """`complete CASE OUTCOME`: decide the task that the case waits for."""
        self._about_task(line, commands.complete_task)

    def do_assign(self, line: str) -> None:
        """`assign CASE TEAM`: pass the task that the case waits for on to another team."""
        self._about_task(line, commands.assign_task)

    def do_quit(self, _: str) -> bool:
        """`quit`, `exit` or Ctrl-D: end."""
        return True

    do_exit = do_quit

    def do_EOF(self, _: str) -> bool:  # noqa: N802 (so does cmd call the end of input)
        """Ctrl-D: end."""
        self.stdout.write("\n")
        return True

    def emptyline(self) -> bool:
        """An empty line repeats nothing."""
        return False

    def get_names(self) -> list[str]:
        """What `help` and the tabulator offer."""
        return [name for name in super().get_names() if name != "do_EOF"]

    def _of(self, line: str) -> tuple[Twin | None, str]:
        """The case that a line names first, and the rest of the line."""
        name, _, rest = line.partition(" ")
        twin = self._system.twins.find(name)
        if twin is None:
            self._say(f"There is no case {name}; `cases` lists them." if name else "Which case? `cases` lists them.")
        return twin, rest.strip()

    def _about_task(self, line: str, asking: Callable[[str, str, str], Command]) -> None:
        twin, wish = self._of(line)
        if twin and not twin.tasks:
            self._say("The case waits for no task.")
        if twin and twin.tasks:
            self._send(asking(twin.case_id, twin.tasks[0]["task_id"], wish))

    def _send(self, command: Command) -> None:
        try:
            self._system.send(command)
        except (BotoCoreError, ClientError) as error:
            self._say(f"not sent: {error}")

    def _say(self, line: str) -> None:
        """Above the prompt, at which somebody may be typing."""
        if not self.is_watched or threading.current_thread() is threading.main_thread():
            print(line, flush=True)
            return
        typed = readline.get_line_buffer()
        sys.stdout.write(f"\r\033[K{line}\n{self.prompt}{typed}")
        sys.stdout.flush()
