"""`make openapi` writes the document, beside that of the HTTP API."""

from functions.openapi.__main__ import set_up


def main() -> None:
    set_up()
    from functions.asyncapi.document import text
    from functions.asyncapi.routes import DOCUMENT

    DOCUMENT.write_text(text())


if __name__ == "__main__":
    main()
