"""From plain words to a mail: every header and every piece of HTML is made here, so that nothing can be smuggled in."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from html import escape

from app.core.mail import Letter
from app.core.settings import Settings
from app.notify.models import OutboxMessage

LONGEST_SUBJECT = 256
PAGE = (
    '<!doctype html><html lang="{locale}"><body style="margin:0;padding:24px;background:#f5f6f8;'
    'font-family:-apple-system,Segoe UI,PingFang SC,Microsoft YaHei,Noto Sans SC,sans-serif;color:#1f2430">'
    '<div style="max-width:520px;margin:0 auto;padding:32px;background:#fff;border-radius:12px">'
    '<h1 style="font-size:18px;margin:0 0 16px">{subject}</h1>{body}'
    '<p style="margin:24px 0 0;color:#6b7280;font-size:13px">{title}</p></div></body></html>'
)
PARAGRAPH = '<p style="font-size:15px;line-height:1.6;margin:0 0 16px">{}</p>'
BUTTON = (
    '<p style="margin:24px 0"><a href="{url}" style="display:inline-block;padding:12px 20px;border-radius:8px;'
    'background:#1d4ed8;color:#fff;text-decoration:none;font-size:15px">{label}</a></p>'
    '<p style="font-size:13px;line-height:1.6;margin:0 0 16px;color:#6b7280;word-break:break-all">{url}</p>'
)


def subject_line(letter: Letter) -> str:
    """One line: a line break would begin a header of somebody's choice."""
    return " ".join(letter.subject.split())[:LONGEST_SUBJECT]


def as_text(letter: Letter, title: str) -> str:
    link = [f"{letter.link.label}:\n{letter.link.url}"] if letter.link else []
    return "\n\n".join([*letter.paragraphs, *link, f"-- \n{title}"]) + "\n"


def as_html(letter: Letter, title: str) -> str:
    body = [PARAGRAPH.format(escape(paragraph).replace("\n", "<br>")) for paragraph in letter.paragraphs]
    if letter.link:
        body.append(BUTTON.format(url=escape(letter.link.url), label=escape(letter.link.label)))
    return PAGE.format(
        locale=letter.locale, subject=escape(subject_line(letter)), body="".join(body), title=escape(title)
    )


def as_message(mail: OutboxMessage, settings: Settings) -> EmailMessage:
    return compose(settings, mail.recipient, mail.subject, mail.text, mail.html, mail.message_id)


def compose(settings: Settings, recipient: str, subject: str, text: str, html: str, message_id: str) -> EmailMessage:
    sender_name = " ".join(settings.title.split())
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender_name, addr_spec=settings.mail_from)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{message_id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # so that holiday notices do not answer
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message
