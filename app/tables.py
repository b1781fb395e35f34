"""Every table of the product. Importing a domain's models puts its tables into the metadata: add new domains here."""

from app.core.models import Base
from app.iam import models as iam

MODELS = (iam,)
metadata = Base.metadata
