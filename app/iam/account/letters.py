"""What people are told by mail, in their language. Plain words: escaping and layout are the sender's."""

from datetime import datetime

from app.core.mail import Letter, Link, Locale

# {title}: the product, {minutes}: how long the link works, {username}: the account that is there already.
TEXTS: dict[str, dict[Locale, tuple[str, ...]]] = {
    "registration": {
        "en": (
            "{title}: finish your registration",
            "Somebody, you we hope, wants to register with this address. The link works once, for {minutes} minutes.",
            "If it was not you, do nothing: no account is made.",
            "Finish the registration",
        ),
        "zh-CN": (
            "{title}：完成注册",
            "有人（希望是您本人）正在使用此邮箱注册账号。链接仅可使用一次，{minutes} 分钟内有效。",
            "如果不是您本人操作，请忽略本邮件，系统不会创建账号。",
            "完成注册",
        ),
    },
    "already_registered": {
        "en": (
            "{title}: you already have an account",
            "Somebody, you we hope, wants to register with this address, but you already have an account: {username}.",
            "If you forgot its password, choose a new one. The link works once, for {minutes} minutes. "
            "If it was not you, do nothing.",
            "Choose a new password",
        ),
        "zh-CN": (
            "{title}：您已有账号",
            "有人（希望是您本人）正在使用此邮箱注册，但该邮箱已有账号：{username}。",
            "如果您忘记了密码，可以重新设置。链接仅可使用一次，{minutes} 分钟内有效。"
            "如果不是您本人操作，请忽略本邮件。",
            "设置新密码",
        ),
    },
    "password_reset": {
        "en": (
            "{title}: choose a new password",
            "Somebody, you we hope, forgot the password of the account {username}. "
            "The link works once, for {minutes} minutes.",
            "If it was not you, do nothing: the password stays as it is.",
            "Choose a new password",
        ),
        "zh-CN": (
            "{title}：设置新密码",
            "有人（希望是您本人）忘记了账号 {username} 的密码。链接仅可使用一次，{minutes} 分钟内有效。",
            "如果不是您本人操作，请忽略本邮件，密码不会改变。",
            "设置新密码",
        ),
    },
    "password_changed": {
        "en": (
            "{title}: your password was changed",
            "The password of your account {username} has just been changed. Its other sessions have ended.",
            "If it was not you, choose a new password at once and tell an administrator.",
        ),
        "zh-CN": (
            "{title}：密码已修改",
            "您的账号 {username} 的密码刚刚被修改，其他会话已全部退出。",
            "如果不是您本人操作，请立即重新设置密码并联系管理员。",
        ),
    },
}


def letter(
    kind: str,
    recipient: str,
    locale: Locale,
    *,
    url: str | None = None,
    expires_at: datetime | None = None,
    **values: str | int,
) -> Letter:
    subject, first, second, *label = (text.format(**values) for text in TEXTS[kind][locale])
    link = Link(label[0], url) if url is not None else None
    return Letter(recipient, locale, subject, (first, second), link, expires_at)
