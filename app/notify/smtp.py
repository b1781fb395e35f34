"""The way to the mail server. Failures are SendErrors: refused for good, or worth another try."""

from email.message import EmailMessage

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectTimeoutError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)

from app.core.settings import Settings
from app.notify.channels.port import SendError

SEND_SECONDS = 45.0
PERMANENT = 500
_UNREACHABLE = (SMTPConnectError, SMTPConnectTimeoutError, SMTPServerDisconnected, OSError, TimeoutError)


async def send_mail(settings: Settings, recipient: str, message: EmailMessage, *, seconds: float) -> None:
    """Hand one mail over. Raises SendError, whose message holds what the server said."""
    if not settings.sends_mail:
        raise SendError("mail_not_set_up", "This installation has no mail server.", retry=False)
    client = SMTP(
        hostname=settings.mail_host,
        port=settings.mail_port,
        username=settings.mail_username or None,
        password=settings.mail_password.get_secret_value() or None,
        use_tls=settings.mail_tls == "tls",
        start_tls=settings.mail_tls == "starttls",
        timeout=seconds / 3,
    )
    try:
        await client.connect()
        await client.sendmail(settings.mail_from, [recipient], message.as_bytes())
    except SMTPRecipientsRefused as error:
        said = "; ".join(str(refused.message) for refused in error.recipients)
        is_final = all(refused.code >= PERMANENT for refused in error.recipients)
        raise SendError("mail_refused", said, retry=not is_final) from error
    except SMTPDataError as error:
        raise SendError("mail_refused", f"{error.code} {error.message}", retry=error.code < PERMANENT) from error
    except SMTPAuthenticationError as error:
        raise SendError("mail_login", _words(error), retry=True) from error
    except _UNREACHABLE as error:
        raise SendError("mail_unreachable", _words(error), retry=True) from error
    except (SMTPException, ValueError) as error:
        raise SendError("mail_broken", _words(error), retry=True) from error
    finally:
        client.close()  # without QUIT: an error in it must not look like a letter that was not taken


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
