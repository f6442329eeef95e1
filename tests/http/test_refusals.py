"""The words that clients decide by: a code, once published, stays, and means one thing."""

import importlib
import pkgutil
import re

import functions
from functions import errors
from functions.errors import Refusal

CODES = {
    "action_not_allowed": 409,
    "address_taken": 409,
    "administrator_only": 403,
    "agreement_choice_required": 422,
    "agreement_not_offered": 422,
    "answers_invalid": 422,
    "attachment_not_found": 404,
    "audience_not_allowed": 422,
    "being_erased": 409,
    "body_malformed": 400,
    "body_too_large": 413,
    "busy": 503,
    "calendar_not_found": 404,
    "case_erased": 409,
    "case_not_found": 404,
    "cases_open": 409,
    "command_invalid": 422,
    "command_unknown": 422,
    "configuration_item_not_available": 422,
    "cursor_invalid": 422,
    "default_agreement_missing": 503,
    "department_fixed": 409,
    "feature_off": 422,
    "erasure_not_found": 404,
    "fields_locked": 409,
    "file_not_accepted": 422,
    "id_taken": 409,
    "idempotency_key_invalid": 400,
    "idempotency_key_required": 400,
    "idempotency_mismatch": 422,
    "internal_error": 500,
    "method_not_allowed": 405,
    "message_not_found": 404,
    "messaging_not_enabled": 409,
    "not_attachable": 422,
    "not_final": 409,
    "module_off": 404,
    "not_signed_in": 401,
    "nothing_due": 409,
    "otp_expired": 410,
    "otp_incorrect": 401,
    "otp_locked": 410,
    "organisation_reader_only": 403,
    "outcome_unknown": 422,
    "owner_only": 403,
    "owner_takes_part": 409,
    "owner_unknown": 422,
    "own_login": 409,
    "participant_not_found": 404,
    "participant_unavailable": 409,
    "person_not_found": 404,
    "reason_unknown": 422,
    "record_changed": 409,
    "record_not_found": 404,
    "reference_conflict": 409,
    "reference_unknown": 422,
    "service_not_available": 422,
    "service_not_found": 404,
    "service_not_routed": 422,
    "service_unknown": 422,
    "staff_only": 403,
    "signature_invalid": 401,
    "stale_workflow": 409,
    "status_conflict": 409,
    "task_closed": 409,
    "task_not_found": 404,
    "team_unknown": 422,
    "too_many_additions": 429,
    "too_many_agreements": 409,
    "too_many_owners": 409,
    "too_many_participants": 409,
    "too_many_uploads": 429,
    "transition_not_allowed": 409,
    "unsupported_media": 415,
    "until_past": 422,
    "upload_not_found": 404,
    "validation_failed": 422,
    "version_mismatch": 412,
    "waits_for_customer": 409,
}
"""A refusal that is new gets a line here; none ever changes, or goes while `/v1` lives."""


def refusals() -> list[type[Refusal]]:
    """Every refusal of every module, but not the kinds in errors.py that only give a status."""
    for module in pkgutil.walk_packages(functions.__path__, "functions."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, kinds = [], [Refusal]
    while kinds:
        subclasses = kinds.pop().__subclasses__()
        kinds += subclasses
        found += [each for each in subclasses if each.__module__ != errors.__name__ or each is errors.NotSignedIn]
    return found


def test_codes_never_change() -> None:
    """Every refusal has the code and the status that were published, and no code is lost."""
    assert {refusal.code: refusal.status.value for refusal in refusals()} == CODES


def test_a_code_means_one_thing() -> None:
    """No two refusals share a code, and a code is a word that a program can compare."""
    codes = [refusal.code for refusal in refusals()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)
