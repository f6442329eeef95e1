"""What people may ask about uploads."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint, Response
from pydantic import Field

from functions.clock import now
from functions.events import Frozen
from functions.http import Request, answer, endpoint, redirect
from functions.moment import Moment
from functions.obeyed import AlreadyObeyed, Shown
from functions.otp.sessions import visit
from functions.uploads import bucket, tickets
from functions.uploads.actions import Announced, announce
from functions.uploads.bucket import PostForm
from functions.uploads.file_types import Reason
from functions.uploads.model import (
    AttachmentNotFound,
    FileNotAccepted,
    NewUpload,
    State,
    TooManyUploads,
    Upload,
    UploadNotFound,
)
from functions.uploads.repository import announced_key, find, upload_key, upload_of

routes = Blueprint(__name__)

_REASON = (
    "Why it was rejected: it is not what was announced (`size_differs`, `checksum_differs`, `type_differs`), holds what"
    " is not taken (`not_plain_text`, `has_markup`, `has_macros`), or a scan has found malware in it (`has_malware`)."
    " `not_checked`: why it failed, since it could not be checked, or not be scanned."
)


class UploadView(Frozen):
    """An upload, and how far its check is."""

    upload_id: str
    name: str
    size: int
    content_type: str
    sha256: str
    state: State
    """`clean` ones can be attached; `failed` ones could not be checked."""
    reason: Annotated[Reason | None, Field(description=_REASON)]
    attached_to: str | None
    """The case that it is attached to."""
    expires_at: Moment
    """When it is gone, unless it is attached before."""

    @classmethod
    def of(cls, upload: Upload) -> "UploadView":
        return cls(**upload.model_dump(include=set(cls.model_fields)), expires_at=upload.expires_at)


class AnnouncedView(UploadView):
    """An upload, and how to post its bytes."""

    form: PostForm

    @classmethod
    def of_announced(cls, made: Announced) -> "AnnouncedView":
        return cls(**dict(UploadView.of(made.upload)), form=made.form)


@routes.route("/uploads", methods=["POST"])
@endpoint(
    body=NewUpload,
    answers=AnnouncedView,
    status=HTTPStatus.CREATED,
    headers=["Location"],
    refusals=[FileNotAccepted, TooManyUploads],
)
def post_upload(request: Request) -> Response:
    """Announce a file; its bytes then go straight to S3, by the form in the answer.

    A replay has a new form while the bytes can still come: before the upload is checked, or gone.
    """

    def show(made: Announced) -> Shown:
        return Shown(AnnouncedView.of_announced(made)).at(request.reference(f"/v1/uploads/{made.upload.upload_id}"))

    try:
        visited = visit(request, own=announced_key)
        made = announce(visited.caller, request.body, visited.found, visited.once(show))
    except AlreadyObeyed as before:
        raise _signed_anew(before) from None
    return answer(show(made), HTTPStatus.CREATED)


def _signed_anew(obeyed: AlreadyObeyed) -> AlreadyObeyed:
    """The same upload, whose first form may have lapsed; as it was where nothing can be posted for it any more."""
    shown = AnnouncedView.model_validate_json(obeyed.body)
    upload = find(shown.upload_id)
    if upload is None or upload.state != "pending" or upload.is_over(now()):
        return obeyed
    form = bucket.form(shown.upload_id, shown.content_type, shown.size)
    return replace(obeyed, body=shown.model_copy(update={"form": form}).model_dump_json())


@routes.route("/uploads/{upload_id}", methods=["GET"])
@endpoint(answers=UploadView, refusals=[UploadNotFound])
def get_upload(request: Request, upload_id: str) -> UploadView:
    """Whether a file of mine was checked, and how that went."""
    key = upload_key(upload_id)
    visited = visit(request, key)
    upload = upload_of(visited.found[key]) if key in visited.found else None
    if upload is None or upload.owner_id != visited.caller.person_id or upload.is_over(now()):
        raise UploadNotFound
    return UploadView.of(upload)


@routes.route("/attachments/{attachment_id}/{ticket}", methods=["GET"])
@endpoint(public=True, status=HTTPStatus.FOUND, headers=["Location"], refusals=[AttachmentNotFound])
def get_ticketed_attachment(request: Request, attachment_id: str, ticket: str) -> Response:
    """Download a file by the link in an event; for internal systems, which have no session."""
    upload = find(attachment_id) if tickets.is_good(ticket, attachment_id, now()) else None
    if upload is None or upload.attached_to is None or upload.is_expired:
        raise AttachmentNotFound
    return redirect(bucket.link(upload.attachment))
