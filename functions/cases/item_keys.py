"""Where in the table each item about a case stands; `functions/table.py` lists them with all others."""

from functions.events import Message, What
from functions.table import Key


def case_key(case_id: str) -> Key:
    return f"CASE#{case_id}", "RECORD"


def number_key(number: str) -> Key:
    return f"NUMBER#{number}", "RECORD"


def alarm_key(case_id: str) -> Key:
    return case_key(case_id)[0], "ALARM"


def case_of_alarm(key: Key) -> str:
    return key[0].removeprefix("CASE#")


def task_key(task_id: str) -> Key:
    """A task's id tells its case."""
    return case_key(case_of_task(task_id))[0], f"TASK#{task_id}"


def case_of_task(task_id: str) -> str:
    return f"case_{task_id.removeprefix('task_').rpartition('_')[0]}"


def mail_key(case_id: str, sequence: int, template: str, person_id: str) -> Key:
    return case_key(case_id)[0], f"{mail_sort_key(sequence, template)}#{person_id}"


def mail_sort_key(sequence: int, template: str) -> str:
    return f"MAIL#{sequence:012}#{template}"


def attachment_key(case_id: str, attachment_id: str) -> Key:
    return case_key(case_id)[0], f"ATTACHMENT#{attachment_id}"


def message_keys(case_id: str, message_id: str) -> tuple[Key, ...]:
    """Where a message can stand, whose id tells its number; whether customers see it, its id does not tell."""
    number = message_id.rpartition("_")[2]
    if not (number.isascii() and number.isdigit()):
        return ()
    return tuple((case_key(case_id)[0], f"{row}#{number:0>12}") for row in ("MESSAGE", "INTERNAL"))


def entry_key(person_id: str, case_id: str) -> Key:
    return f"PERSON#{person_id}", f"CASE#{case_id}"


def took_part_key(person_id: str, case_id: str) -> Key:
    """Stays when the person takes part, or owns it, no longer, so that what they did there can be found and erased."""
    return f"PERSON#{person_id}", f"PART#{case_id}"


def additions_key(person_id: str) -> Key:
    return f"PERSON#{person_id}", "USED#additions"


def organisation_entry_key(account_id: str, case_id: str) -> Key:
    return f"ORGANISATION#{account_id}", f"CASE#{case_id}"


def message_key(case_id: str, sequence: int) -> Key:
    """Of a message that customers see."""
    return case_key(case_id)[0], f"MESSAGE#{sequence:012}"


def event_sort_key(what: What, sequence: int) -> str:
    """Conversation, what else customers see, and what they do not, each stand in a row of their own."""
    row = "INTERNAL" if what.audience == "internal" else "MESSAGE" if isinstance(what, Message) else "EVENT"
    return f"{row}#{sequence:012}"
