"""E-mail, by SMTP. That the server took it is all that is known; who is asked for an answer finds a page for it.

Source: RFC 5321, 5322; RFC 3834 (Auto-Submitted); RFC 2156 (Importance).
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import Label
from rhinecloud.base.settings import Settings

from .attempts import Outcome, Parcel
from .wording import text_of

TIMEOUT_S: Final = 15.0
_IMPORTANCE: Final = {"flash": "high", "immediate": "high", "routine": "normal"}
_READ_ON: Final = Label(de="Weiterlesen", en="Read on")
_ANSWER: Final = Label(de="Antworten", en="Answer")


class Mail:
    """Sends mails as `settings` say; without a server each fails with that reason.

    Args:
        url: the city's address, as people reach it.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings, self.url = settings, url

    async def send(self, tenant: str, parcels: Sequence[Parcel]) -> list[Outcome]:
        if not self._settings.smtp_host:
            why = "No mail server is set: smtp_host and mail_from in rhinecloud.toml"
            return [Outcome(ok=False, detail=why, again=False) for _ in parcels]
        return await asyncio.to_thread(self._send, parcels)

    def _send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        made: list[Outcome] = []
        try:
            with self._connected() as server:
                made.extend(self._one(server, parcel) for parcel in parcels)
        except (OSError, smtplib.SMTPException) as error:
            if len(made) == len(parcels):  # only the farewell failed
                return made
            again = not isinstance(error, smtplib.SMTPNotSupportedError)
            failed = Outcome(ok=False, detail=_why("The mail server", error), again=again, whole=True)
            return made + [failed for _ in parcels[len(made) :]]
        return made

    def _connected(self) -> smtplib.SMTP:
        given = self._settings
        if given.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                given.smtp_host, given.smtp_port, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(given.smtp_host, given.smtp_port, timeout=TIMEOUT_S)
        try:
            if given.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if given.smtp_user:
                server.login(given.smtp_user, given.smtp_password)
        except BaseException:
            server.close()
            raise
        return server

    def _one(self, server: smtplib.SMTP, parcel: Parcel) -> Outcome:
        mail = self.compose(parcel)
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()), (550, b""))
            return Outcome(ok=False, detail=f"{code} {words.decode(errors='replace')}", again=code < 500)
        except smtplib.SMTPNotSupportedError as error:  # this address is not ASCII; the others go on
            return Outcome(ok=False, detail=str(error), again=False)
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            return Outcome(ok=False, detail=_why("The mail server", error), again=error.smtp_code < 500)
        return Outcome(ok=True, reference=mail["Message-ID"])

    def compose(self, parcel: Parcel) -> EmailMessage:
        """The mail; its Message-ID is the same at every attempt, so that one that comes twice is seen as one."""
        given, delivery = parcel.message.given, parcel.delivery
        said = text_of(parcel.message, delivery.language)
        mail = EmailMessage()
        mail["From"] = self._settings.mail_from
        mail["To"] = delivery.address
        mail["Subject"] = said.subject
        mail["Date"] = format_datetime(datetime.fromtimestamp(parcel.message.made_us / SECOND, UTC))
        mail["Message-ID"] = f"<{delivery.id}@{_domain(self._settings.mail_from)}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Importance"] = _IMPORTANCE[given.priority]
        mail["Content-Language"] = delivery.language
        lines = [said.body or said.subject]
        if parcel.code:
            lines += ["", f"{_ANSWER[delivery.language]}: {self.url}/answer/{parcel.code}"]
        if given.path:
            lines += ["", f"{_READ_ON[delivery.language]}: {self.url}{given.path}"]
        mail.set_content("\n".join(lines) + "\n")
        for file in parcel.files:
            main, _, sub = file.media_type.partition("/")
            mail.add_attachment(file.data, maintype=main, subtype=sub or "octet-stream", filename=file.name)
        return mail


def _domain(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2] or "rhinecloud.invalid"


def _why(what: str, error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{what} answers {error.smtp_code} {words}"
    return f"{what} does not answer: {error or type(error).__name__}"
