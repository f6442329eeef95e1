"""What becomes of an upload: announced, checked once it was posted, and gone where nobody attached it in time."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions import log
from functions.clock import now
from functions.ids import new_id
from functions.obeyed import Once
from functions.people.model import Person
from functions.people.repository import used_in, used_written
from functions.settings import settings
from functions.table import Item, Key, anew, commit, read, until_first
from functions.uploads import bucket, model, repository
from functions.uploads.bucket import PostForm
from functions.uploads.model import NewUpload, Upload


@dataclass(frozen=True, slots=True)
class Announced:
    upload: Upload
    form: PostForm


def announce(owner: Person, file: NewUpload, found: Mapping[Key, Item], once: Once | None = None) -> Announced:
    """A file that will be posted by the form, within the owner's budget (E8). Raise `FileNotAccepted`.

    `found` with the owner was what they have announced; where they announce another one meanwhile, both count.
    """
    budget = repository.announced_key(owner.person_id)
    read_budget = anew(found, lambda: read(budget))

    def attempt() -> Announced:
        moment = now()
        upload = model.announced(new_id("att", moment), owner.person_id, file, moment)
        used = model.one_more(used_in(read_budget(), budget), file.size, moment)
        made = Announced(upload, bucket.form(upload.upload_id, upload.content_type, upload.size))
        record = [once.record(made, moment)] if once else []
        commit(*record, repository.written(upload), used_written(budget, used))
        return made

    return until_first(attempt)


def take(upload_id: str, owner_id: str, file: NewUpload, content: bytes) -> Upload:
    """A file that comes with its bytes: checked first, kept, and clean; taken again, it is the same.

    Raise `FileNotAccepted`.
    """

    def attempt() -> Upload:
        upload = repository.find(upload_id)
        if upload is None:
            upload = model.taken(upload_id, owner_id, file, content, now())
            repository.save(upload)
        if upload.state == "pending":
            bucket.keep(upload, content)
            upload = upload.checked(None)
            repository.save(upload)
        return upload

    return until_first(attempt)


def receive(upload_id: str) -> None:
    """Check what was posted and keep the very bytes that were checked, so that nothing can be swapped between (E2).

    Safe to repeat: what was decided before stays decided, and what was posted again after that is thrown away.
    """
    until_first(lambda: _receive(upload_id))


def _receive(upload_id: str) -> None:
    upload = _alive(upload_id)
    if upload is None:
        return
    if upload.state == "pending":
        content = bucket.posted(upload)
        if content is None:
            return
        reason = upload.check(content)
        if reason is None and settings.malware_scan:
            bucket.hold(upload, content)
        else:
            if reason is None:
                bucket.keep(upload, content)
            repository.save(upload.checked(reason))
    bucket.clear(upload_id)


def judge(upload_id: str, etag: str, result: str) -> None:
    """What became of the scan of what waits for it; only the very bytes that were scanned are kept (E2, E5).

    Safe to repeat, as `receive`.
    """
    until_first(lambda: _judge(upload_id, etag, result))


def _judge(upload_id: str, etag: str, result: str) -> None:
    upload = _alive(upload_id)
    if upload is None:
        return
    if upload.state == "pending":
        judged = upload.scanned(result)
        if judged.state == "clean":
            content = bucket.held(upload, etag)
            if content is None:
                log.warning("scanned other bytes than those that wait", item=upload_id)
                return
            bucket.keep(upload, content)
        repository.save(judged)
    bucket.release(upload_id)


def _alive(upload_id: str) -> Upload | None:
    """None where it has died, so that nothing is kept of it."""
    upload = repository.find(upload_id)
    if upload is None or upload.is_expired:
        bucket.discard(upload_id)
        return None
    return upload


def give_up(upload_id: str) -> None:
    """It could not be checked, time after time; whoever waits for it is told so."""
    upload = repository.find(upload_id)
    if upload is not None and upload.state == "pending":
        repository.save(upload.failed())


def expire(upload_id: str) -> bool:
    """What nobody attached in time goes: its row says so first, then the bytes go, then the row (E1)."""
    upload = repository.find(upload_id)
    if upload is None or not upload.is_over(now()):
        return False
    if not upload.is_expired:
        repository.save(upload.expired())
    bucket.discard(upload_id)
    commit(repository.removed(upload_id))
    return True
