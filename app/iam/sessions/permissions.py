"""Permission labels of sessions and of the login log."""

from app.core.permissions import declare

GET = declare("perm:session:get", "See who is logged in")
DELETE = declare("perm:session:delete", "Log others out")
GET_LOG = declare("perm:login_log:get", "See the login log")
DELETE_LOG = declare("perm:login_log:delete", "Remove old entries of the login log")
