"""Every door of Portico, by who knocks. Doors only translate; rules stand in the folders that are named here."""

from chalice.app import Chalice

from functions import http
from functions.admin import routes as admin
from functions.asyncapi import routes as asyncapi
from functions.calendars import routes as calendars
from functions.cases import (
    list_routes,
    participant_routes,
    staff_routes,
    submission_routes,
    verification_routes,
    workflow,
)
from functions.cases import routes as cases
from functions.erasure import routes as erasure
from functions.mail import receiving as incoming_mail
from functions.mail import sending
from functions.messages import routes as messages
from functions.openapi import routes as openapi
from functions.otp import routes as otp
from functions.sync import commands, publish, sweep, transports
from functions.sync import routes as sync
from functions.uploads import receiving as incoming_files
from functions.uploads import routes as uploads

app = Chalice(app_name="portico", configure_logs=False)
http.install(app)

# Customers and staff, over HTTP
app.register_blueprint(otp.routes, url_prefix="/v1")  # ask for a PIN, sign in, who am I, sign out
app.register_blueprint(submission_routes.routes, url_prefix="/v1")  # services, previews, submitting a case
app.register_blueprint(list_routes.routes, url_prefix="/v1")  # my cases, those shared with me, my organisation's
app.register_blueprint(cases.routes, url_prefix="/v1")  # a case, and what can be done with it
app.register_blueprint(participant_routes.routes, url_prefix="/v1")  # who else takes part in a case
app.register_blueprint(staff_routes.routes, url_prefix="/v1")  # tasks, moving a case
app.register_blueprint(messages.routes, url_prefix="/v1")  # conversation, read marks, timeline
app.register_blueprint(uploads.routes, url_prefix="/v1")  # files, announced before they are attached
app.register_blueprint(openapi.routes, url_prefix="/v1")  # the description of these and of the next
app.register_blueprint(asyncapi.routes, url_prefix="/v1")  # and of events and commands

# Administrators, over HTTP
app.register_blueprint(admin.routes, url_prefix="/v1")  # accounts, contacts, configuration items, agreements
app.register_blueprint(calendars.routes, url_prefix="/v1")  # when the organisation works
app.register_blueprint(verification_routes.routes, url_prefix="/v1")  # whether a case's timeline was tampered with
app.register_blueprint(erasure.routes, url_prefix="/v1")  # erasing a person, and the receipt of it

# Files, over S3
app.register_blueprint(incoming_files.doors)  # receive_upload: check what was posted into quarantine

# Customers, by mail
app.register_blueprint(incoming_mail.doors)  # receive_mail: an answer to a mail becomes a message

# Internal systems, over their queues
app.register_blueprint(
    commands.doors
)  # receive_commands: create or link a case, post, set a status, end or pass on a task
app.register_blueprint(sync.routes, url_prefix="/v1")  # the same over HTTP, signed, into those queues

# Stage workflows, over Step Functions
app.register_blueprint(workflow.doors)  # workflow: enter a stage, open a task and wait

# What Portico itself has written
app.register_blueprint(publish.doors)  # publish: the table's stream; what follows from each event
app.register_blueprint(sending.doors)  # send_mail: the mail queue
app.register_blueprint(transports.doors)  # deliver_events: to internal systems without a queue

# The clock
app.register_blueprint(sweep.doors)  # sweep: what the stream missed, workflows that were lost
