"""How the tests of arriving mail write one."""

from email import policy
from email.message import EmailMessage

from tests.front_door import ANA
from tests.world import World


def letter(text: str = "It is blue.", sender: str = ANA, **headers: str) -> EmailMessage:
    """As a mail program writes it; underscores in names of headers are hyphens."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = sender
    mail["Subject"] = "Re: Your case"
    mail["Message-ID"] = "<first@mail.example.org>"
    for name, value in headers.items():
        header = name.replace("_", "-")
        del mail[header]
        mail[header] = value
    mail.set_content(text)
    return mail


def reply_address(world: World, address: str = ANA) -> str:
    """Where the newest mail to that address wants its answer."""
    return next(str(mail.message["Reply-To"]) for mail in reversed(world.mailbox()) if mail.to == address)


def send(world: World, mail: EmailMessage | bytes, to: str, source: str = ANA, **verdicts: str) -> None:
    """The mail arrives, and all that follows from it."""
    world.mail_in(mail if isinstance(mail, bytes) else mail.as_bytes(), [to], source, **verdicts)
    world.settle()
