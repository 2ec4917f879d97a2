from dataclasses import replace

from reticket.dialects import akinon
from reticket.dialects.akinon.profile import Person
from reticket.testing.dialect_samples import PLAIN_ADA, samples_of

ADA = replace(
    PLAIN_ADA,
    last_name=None,
    parts=(("akinon", Person("Acme", ("admin",), "admin", "00112233445566778899aabb")),),
)
SAMPLES = samples_of(akinon.build(), ADA)
